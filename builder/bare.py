"""The images repository where it is a folder on this machine: no clone, no fetch, a push is one reference."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from builder.fastimport import Identity
from builder.git import CloneRepository, head_ref
from builder.process import Answer, GitProcess, object_name
from state.errors import GitError, StaleLease


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

    def _fetch(self) -> None:
        if not (self._git.directory / "HEAD").is_file():
            raise GitError(f"{self._git.directory} is not a git repository: `watcher init` makes one")

    def _push(self, refspec: str, branch: str, expected: str | None) -> Answer:
        commit, ref = refspec.partition(":")[0], head_ref(branch)
        was = object_name(expected) if expected else "0" * 40
        with self._git.alone() as git:
            moved = git.ask("update-ref", ref, commit, was, ok=(0, 1, 128))
            # A push that is made again after a crash finds the branch where it left it.
            if moved.code and git.ask("rev-parse", "--quiet", "--verify", ref, ok=(0, 1)).text != commit:
                raise StaleLease(f"{branch} is not at {expected or 'nothing'} any more: somebody else pushed to it")
        return moved

    def _delete(self, branch: str, expected: str) -> None:
        with self._git.alone() as git:
            if git.ask("show-ref", "--verify", "--quiet", head_ref(branch), ok=(0, 1)).code == 0:
                git.ask("update-ref", "-d", head_ref(branch), object_name(expected))
