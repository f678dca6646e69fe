"""Running git: isolated from the machine's settings, one holder at a time, secrets out of sight.

GitPython drives the short commands. Those that are fed, hold a lock or reach the network run in a
process of our own, with nothing in its environment but what it needs.
"""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from state.errors import GitError

Credential = Callable[[], str]

_ISOLATED = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_CONFIG_COUNT": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "false",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}
_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_IN_URL = re.compile(r"(?<=://)[^/@\s]+@")
_TELLING = re.compile(r"(remote: )?(fatal|error): ")
_RIGHTS = re.compile(r"returned error: 40[13]\b|Authentication failed")


def object_name(text: str) -> str:
    """Return *text* if it is a full object name; GitError otherwise (it could be an option, or a file)."""
    if not _OBJECT.fullmatch(text):
        raise GitError(f"not a full object name: {text!r}")
    return text


def reason(complaints: str) -> str:
    """Return in one line why git failed: its last errors; without any, the last of what it said.

    Advice may follow an error and is longer: that on a lock names the file first and fills five lines more.
    """
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    said = " / ".join(([line for line in lines if _TELLING.match(line)] or lines)[-3:])
    return f"{said}: the token needs `contents` with write access" if _RIGHTS.search(said) else said


@dataclass(frozen=True, slots=True)
class Answer:
    """What a git command said: its exit code, its output, its complaints."""

    code: int
    out: bytes
    err: str

    @property
    def text(self) -> str:
        """The output as text, without the last line feed."""
        return self.out.decode(errors="replace").removesuffix("\n")


@dataclass(frozen=True, slots=True)
class GitProcess:
    """git on one bare repository. Every method blocks; every one raises GitError on an exit code not in *ok*.

    ``environment`` is where PATH, HOME and, if needed, proxies and certificates come from. ``credential`` gives
    the password for ``remote`` each time one is needed; it travels in the environment of that one command.
    ``timeout`` is in seconds, for a command and for the wait on :meth:`alone`.
    """

    directory: Path
    lock: Path
    environment: Mapping[str, str] = field(repr=False)
    remote: str = ""
    credential: Credential | None = field(default=None, repr=False)
    timeout: float = 300.0
    held: tuple[int, ...] = ()

    def ask(self, *arguments: str, ok: Sequence[int] = (0,)) -> Answer:
        """Run a short command that reads nothing from us."""
        try:  # GitPython looks for git when it is imported: where there is none, everything else still has to work
            from git import Git  # noqa: PLC0415
            from git.exc import CommandError  # noqa: PLC0415
        except ImportError:
            raise GitError("git cannot be started: it is not installed, or not in PATH") from None
        try:
            code, out, err = Git().execute(
                self._command(arguments),
                env={**self.environment, **_ISOLATED},
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=self.timeout,
            )
        except CommandError as error:
            raise GitError(f"git cannot be started: {error}") from None
        return self._checked(arguments, Answer(code, _bytes(out), _bytes(err).decode(errors="replace")), ok, "")

    def feed(self, *arguments: str, data: bytes = b"", ok: Sequence[int] = (0,)) -> Answer:
        """Run a command with *data* on its standard input."""
        return self._run(arguments, data, ok, {}, "")

    def talk(self, *arguments: str, ok: Sequence[int] = (0,)) -> Answer:
        """Run a command that reaches the remote, with the credential at hand.

        The helper is git's own: a shell line without the secret in it, asked for this host alone, also
        after a redirect. https://git-scm.com/docs/gitcredentials
        """
        if self.credential is None or not self.remote.startswith(("https://", "http://")):
            return self._run(arguments, b"", ok, {}, "")
        secret = self.credential()
        settings = {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"credential.{_origin(self.remote)}.helper",
            "GIT_CONFIG_VALUE_0": '!printf "username=x-access-token\\npassword=%s\\n" "$WATCHER_GIT_SECRET"; :',
            "WATCHER_GIT_SECRET": secret,
        }
        return self._run(arguments, b"", ok, settings, secret)

    @contextmanager
    def alone(self) -> Iterator[GitProcess]:
        """Yield this repository with every other holder kept out.

        The lock is the kernel's: it ends with its holders. The commands of the yielded value inherit it, so
        that it outlives a killed watcher for as long as a git of its is still writing.
        """
        try:
            self.lock.parent.mkdir(parents=True, exist_ok=True)
            opened = self.lock.open("ab")
        except OSError as error:
            raise GitError(f"{self.directory} cannot be locked: {error}") from None
        with opened as file:
            deadline = time.monotonic() + self.timeout
            while not _locked(file.fileno()):
                if time.monotonic() > deadline:
                    raise GitError(f"{self.directory} has been in use by another process for {self.timeout:g} s")
                time.sleep(0.02)
            yield replace(self, held=(file.fileno(),))

    def _run(
        self, arguments: Sequence[str], data: bytes, ok: Sequence[int], settings: Mapping[str, str], secret: str
    ) -> Answer:
        try:
            done = subprocess.run(  # noqa: S603  (fixed program, arguments never through a shell)
                self._command(arguments),
                input=data,
                capture_output=True,
                check=False,
                env={**self.environment, **_ISOLATED, **settings},
                timeout=self.timeout,
                pass_fds=self.held,
            )
        except subprocess.TimeoutExpired:
            raise GitError(f"git {arguments[0]}: no end after {self.timeout:g} s") from None
        except OSError as error:
            raise GitError(f"git cannot be started: {error}") from None
        answer = Answer(done.returncode, done.stdout, done.stderr.decode(errors="replace"))
        return self._checked(arguments, answer, ok, secret)

    def _command(self, arguments: Sequence[str]) -> list[str]:
        return ["git", f"--git-dir={self.directory}", *arguments]

    def _checked(self, arguments: Sequence[str], answer: Answer, ok: Sequence[int], secret: str) -> Answer:
        clean = _IN_URL.sub("", answer.err)
        clean = clean.replace(secret, "[secret]") if secret else clean
        if answer.code not in ok:
            raise GitError(f"git {arguments[0]}: {reason(clean) or f'exit code {answer.code}'}")
        return replace(answer, err=clean)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
