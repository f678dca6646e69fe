"""The images repository where it is a folder on this machine: no clone, no fetch, a push is one reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from builder.fastimport import Identity
from builder.git import CloneRepository, head_ref, stale
from builder.leftovers import clear_shared
from builder.process import GitProcess, object_name, reason
from state.errors import GitError


class BareRepository(CloneRepository):
    """The bare repository at *directory* itself; satisfies :class:`builder.ports.Repository`.

    Objects are written into it at once; a branch is moved only by :meth:`push`, and only from where it is expected.
    It shares its lock with the forge that is embedded in it.
    """

    def __init__(self, directory: Path, *, identity: Identity, environment: Mapping[str, str]) -> None:
        super().__init__(directory, str(directory), identity=identity, environment=environment)
        self._git = GitProcess(directory, directory / "watcher.lock", environment)

    def _ref(self, branch: str) -> str:
        return head_ref(branch)

    @contextmanager
    def _writing(self) -> Iterator[GitProcess]:
        self._check_is_there()
        with super()._writing() as git:
            clear_shared(git)
            yield git

    def _check_is_there(self) -> None:
        if not (self._git.directory / "HEAD").is_file():
            raise GitError(f"{self._git.directory} is not a git repository: `watcher init` makes one")

    def _fetch(self) -> None:
        with self._writing():
            pass  # there is nothing to fetch; what a crash left is gone

    def _fetch_commits(self, commits: Sequence[str]) -> None:
        self._check_is_there()
        for commit in commits:
            if self._git.ask("cat-file", "-e", commit, ok=(0, 1, 128)).code:
                raise GitError(f"{self._git.directory} has no commit {commit}")

    def _push(self, commit: str, branch: str, expected: str | None) -> None:
        ref = head_ref(branch)
        was = object_name(expected) if expected else "0" * 40
        with self._writing() as git:
            moved = git.ask("update-ref", ref, commit, was, ok=(0, 1, 128))
            if moved.code == 0:
                return
            there = git.ask("rev-parse", "--quiet", "--verify", ref, ok=(0, 1)).text
        if there == commit:  # a push that is made again after a crash finds the branch where it left it
            return
        if there not in ("", expected):
            raise stale(branch, expected)
        raise GitError(f"git update-ref: {branch}: {reason(moved.err)}")
