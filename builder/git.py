"""The images repository through a bare clone: read, commit and push without a work tree."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from builder.fastimport import Identity, check_path, empty_bare, make_commit
from builder.leftovers import clear_clone
from builder.ports import Commit, Said
from builder.process import Answer, Credential, GitProcess, object_name, reason
from state.errors import GitError, StaleLease

_MARKER = "made-by-the-watcher"
_SCRATCH = "refs/watcher/scratch"
_CREDENTIALS = re.compile(r"https?://[^/]*@")
# A push that lost a race is refused by our side (stale info) or, later still, by the other one. That says the same
# of a lock that was left there, a full disk, or a branch that has this one's name as its folder.
_PERHAPS_STALE = re.compile(
    r"\[rejected\]|cannot lock ref|failed to update ref|reference already exists|incorrect old value"
)


class CloneRepository:
    """The repository at *remote* (a path or a URL without credentials), cloned into *directory*.

    Satisfies :class:`builder.ports.Repository`. *credential* returns the password for an https remote;
    *environment* gives PATH, HOME, proxies and certificates; *timeout* is in seconds for each command.
    A clone that a crash left broken is made anew by the next :meth:`fetch`.
    """

    def __init__(
        self,
        directory: Path,
        remote: str,
        *,
        identity: Identity,
        environment: Mapping[str, str],
        credential: Credential | None = None,
        timeout: float = 300.0,
    ) -> None:
        if _CREDENTIALS.match(remote):
            raise GitError("the address of the images repository must not carry credentials: give a token instead")
        lock = directory.with_name(f"{directory.name}.lock")
        self._git = GitProcess(directory, lock, environment, remote, credential, timeout)
        self._identity = identity

    async def fetch(self) -> None:
        """See :meth:`builder.ports.Repository.fetch`; the first one clones."""
        await asyncio.to_thread(self._fetch)

    async def head(self, branch: str) -> str | None:
        """See :meth:`builder.ports.Repository.head`. Every poll asks this: mostly a small file tells, without a process."""
        if loose := self._loose(self._ref(branch)):
            return loose
        answer = await self._ask("rev-parse", "--quiet", "--verify", f"{self._ref(branch)}^{{commit}}", ok=(0, 1))
        return answer.text or None

    async def tree(self, commit: str, prefix: str = "") -> Mapping[str, str]:
        """See :meth:`builder.ports.Repository.tree`."""
        below = [f"{check_path(prefix.rstrip('/'))}/"] if prefix else []
        answer = await self._about((commit,), "ls-tree", "-r", "-z", "--full-tree", commit, "--", *below)
        entries = (entry.partition("\t") for entry in answer.out.decode(errors="replace").split("\0")[:-1])
        return {path: what.split()[2] for what, _, path in entries if what.split()[1] == "blob"}

    async def read(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """See :meth:`builder.ports.Repository.read`."""
        await self._about((commit,), "cat-file", "-e", commit)
        names = "".join(f"{commit}:{check_path(path)}\n" for path in paths)
        answer = await asyncio.to_thread(self._git.feed, "cat-file", "--batch", data=names.encode())
        return {path: body for path, body in zip(paths, blobs(answer.out), strict=True) if body is not None}

    async def commit(self, commit: Commit) -> str:
        """See :meth:`builder.ports.Repository.commit`; GitError also for a path that no commit may hold."""
        return await asyncio.to_thread(self._commit, commit)

    async def push(self, branch: str, commit: str, expected: str | None) -> None:
        """See :meth:`builder.ports.Repository.push`; a push that is made again is no error."""
        await asyncio.to_thread(self._push, object_name(commit), branch, expected)

    async def diff(self, old: str, new: str, paths: Sequence[str] = ()) -> str:
        """See :meth:`builder.ports.Repository.diff`; a commit whose branch is gone is asked for by name."""
        shown = ("diff", "--no-color", "--no-ext-diff", old, new, "--", *paths)
        return (await self._about((old, new), *shown)).out.decode(errors="replace")

    async def parents(self, commit: str) -> Sequence[str]:
        """See :meth:`builder.ports.Repository.parents`."""
        return (await self._about((commit,), "show", "--no-patch", "--format=%P", commit)).text.split()

    async def merge_base(self, one: str, other: str) -> str:
        """See :meth:`builder.ports.Repository.merge_base`."""
        return (await self._about((one, other), "merge-base", one, other)).text

    async def contains(self, commit: str, branch: str) -> bool:
        """See :meth:`builder.ports.Repository.contains`; a commit that the clone lacks is in no branch of it."""
        known = await self._ask("cat-file", "-e", object_name(commit), ok=(0, 1, 128))
        if known.code or await self.head(branch) is None:
            return False
        answer = await self._ask("merge-base", "--is-ancestor", commit, self._ref(branch), ok=(0, 1))
        return answer.code == 0

    async def trailers(self, commit: str) -> Mapping[str, Sequence[str]]:
        """See :meth:`builder.ports.Repository.trailers`."""
        shown = ("show", "--no-patch", "--format=%(trailers:only,unfold)", commit)
        found: dict[str, list[str]] = {}
        for line in (await self._about((commit,), *shown)).text.splitlines():
            key, separator, value = line.partition(":")
            if separator:
                found.setdefault(key, []).append(value.strip())
        return found

    async def told(self, commit: str) -> Said:
        """See :meth:`builder.ports.Repository.told`."""
        answer = await self._about((commit,), "show", "--no-patch", "--format=%ct%n%ce%n%s", commit)
        seconds, who, subject = f"{answer.text}\n\n".split("\n", 2)
        return Said(subject.strip(), datetime.fromtimestamp(int(seconds), UTC), who)

    async def merges_cleanly(self, branch: str, into: str) -> bool:
        """See :meth:`builder.ports.Repository.merges_cleanly`."""
        sides = (self._ref(into), self._ref(branch))
        return (await self._ask("merge-tree", "--write-tree", "--name-only", *sides, ok=(0, 1))).code == 0

    def _ref(self, branch: str) -> str:
        """Where the clone keeps what it last saw of *branch*."""
        return f"refs/remotes/origin/{check_path(branch)}"

    def _loose(self, ref: str) -> str | None:
        """The commit that a reference is at, where it has a file of its own: that goes before packed ones.

        Nothing of a symbolic reference, nor where git keeps its references in another way
        (https://git-scm.com/docs/gitrepository-layout#Documentation/gitrepository-layout.txt-refs).
        """
        try:
            return object_name((self._git.directory / ref).read_text(encoding="ascii").rstrip("\n"))
        except (OSError, ValueError, GitError):
            return None

    async def _ask(self, *arguments: str, ok: Sequence[int] = (0,)) -> Answer:
        return await asyncio.to_thread(self._git.ask, *arguments, ok=ok)

    async def _about(self, commits: Sequence[str], *arguments: str) -> Answer:
        """Ask about *commits*, after fetching those that the clone does not have."""
        for commit in commits:
            object_name(commit)
        answer = await self._ask(*arguments, ok=(0, 1, 128))
        if answer.code:
            await asyncio.to_thread(self._fetch_commits, commits)
            answer = await self._ask(*arguments)
        return answer

    @contextmanager
    def _writing(self) -> Iterator[GitProcess]:
        with self._git.alone() as git:
            yield git

    def _fetch_commits(self, commits: Sequence[str]) -> None:
        self._git.talk("fetch", "--quiet", "--no-write-fetch-head", "origin", *commits)

    def _fetch(self) -> None:
        with self._writing() as git:
            if not self._usable(git):
                self._clone(git)
                return
            clear_clone(git)
            if git.ask("rev-list", "--quiet", "--objects", "--no-walk", "--all", ok=(0, 1, 128)).code:
                self._clone(git)
            else:
                git.talk("fetch", "--quiet", "--prune", "--no-tags", "--no-write-fetch-head", "origin")

    def _usable(self, git: GitProcess) -> bool:
        if not git.directory.exists():
            return False
        if not (git.directory / _MARKER).exists():
            raise GitError(f"{git.directory} is not a clone of the watcher's: move it away")
        return git.ask("config", "--get", "remote.origin.url", ok=(0, 1, 3, 128)).text == git.remote

    def _clone(self, git: GitProcess) -> None:
        """Clone beside the place and move it there, so that what stands there is whole."""
        new = GitProcess(
            git.directory.with_name(f"{git.directory.name}.new"),
            git.lock,
            git.environment,
            git.remote,
            git.credential,
            git.timeout,
            git.held,
        )
        empty_bare(
            new,
            {
                "remote.origin.url": git.remote,
                "remote.origin.fetch": "+refs/heads/*:refs/remotes/origin/*",
                "gc.autoDetach": "false",
                "maintenance.autoDetach": "false",
            },
        )
        new.talk("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "origin")
        (new.directory / _MARKER).touch()
        if git.directory.exists():
            shutil.rmtree(git.directory)
        new.directory.rename(git.directory)

    def _commit(self, commit: Commit) -> str:
        stamp = self._identity.stamp(commit.when)
        with self._writing() as git:
            return make_commit(git, _SCRATCH, commit.files, commit.message, stamp, commit.parent)

    def _push(self, commit: str, branch: str, expected: str | None) -> None:
        """Bring *branch* to *commit*, a full object name; ``""`` deletes it."""
        ref = head_ref(branch)
        lease = f"--force-with-lease={ref}:{object_name(expected) if expected else ''}"
        with self._writing() as git:
            answer = git.talk("push", "--porcelain", "--no-verify", lease, "origin", f"{commit}:{ref}", ok=(0, 1))
            if answer.code == 0:
                return
            refused = [line for line in answer.text.splitlines() if line.startswith("!")]
            if any(_PERHAPS_STALE.search(line) for line in refused):
                there = _at(git, ref)
                if there == commit:  # the same push, made by another process or before a lost answer
                    return
                if there not in (None, expected):
                    raise stale(branch, expected)
        words = (*(line.split("\t")[-1] for line in refused), reason(answer.err))
        raise GitError(f"git push: {branch}: {' / '.join(filter(None, words))}")


def blobs(output: bytes) -> list[bytes | None]:
    """Take apart what ``git cat-file --batch`` printed: the content of each blob, None for what is not there."""
    found: list[bytes | None] = []
    at = 0
    while at < len(output):
        end = output.index(b"\n", at)
        header = output[at:end].rsplit(b" ", 2)
        if header[-1] == b"missing" or not header[-1].isdigit():
            found.append(None)
            at = end + 1
            continue
        size = int(header[-1])
        found.append(output[end + 1 : end + 1 + size] if header[1] == b"blob" else None)
        at = end + 1 + size + 1
    return found


def head_ref(branch: str) -> str:
    """Return the full name of a branch; GitError if it could be none."""
    return f"refs/heads/{check_path(branch)}"


def stale(branch: str, expected: str | None) -> StaleLease:
    """Return the error of a push to *branch* that found another commit than *expected* there."""
    return StaleLease(f"{branch} is not at {expected or 'nothing'} any more: somebody else pushed to it")


def _at(git: GitProcess, ref: str) -> str | None:
    """The commit that *ref* of the remote is at now; None if it is not there."""
    lines = (line.split("\t") for line in git.talk("ls-remote", "origin", ref).text.splitlines())
    return next((commit for commit, name in lines if name == ref), None)
