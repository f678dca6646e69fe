"""The images repository as it is: its catalogue at a commit, read through git, kept while it is the same."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from builder.ports import Repository
from generator.catalogue import load
from generator.rows import Catalogue
from state.errors import GitError


class Snapshots:
    """Catalogues by commit. Only the last one is kept: a commit's catalogue never changes."""

    def __init__(self, repository: Repository, branch: str) -> None:
        """Read through *repository*; *branch* is the default branch."""
        self._repository, self._branch = repository, branch
        self._last: tuple[str, Catalogue] | None = None
        self._reading = asyncio.Lock()

    async def head(self) -> str:
        """The commit of the default branch, as last fetched; GitError if the repository is empty."""
        head = await self._repository.head(self._branch)
        if head is None:
            raise GitError(
                f"the images repository has no branch {self._branch}: [images] branch names it, `watcher init` makes one"
            )
        return head

    async def catalogue(self, commit: str) -> Catalogue:
        """The catalogue at *commit*; CatalogueError if it is wrong. All sources of a run ask at once: it is read once."""
        async with self._reading:
            if self._last is None or self._last[0] != commit:
                paths = list(await self._repository.tree(commit, "catalogue/"))
                self._last = (commit, load(await self._repository.read(commit, paths)))
            return self._last[1]

    async def texts(self, commit: str, prefixes: Sequence[str]) -> dict[str, str]:
        """Path → text of every file of *commit* below one of *prefixes*."""
        paths = [path for prefix in prefixes for path in await self._repository.tree(commit, prefix)]
        found = await self._repository.read(commit, paths)
        return {path: data.decode() for path, data in found.items()}
