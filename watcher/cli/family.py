"""What the commands about names share: they work on a checkout of the images repository, or on the workspace's."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from watcher.cli.options import run

if TYPE_CHECKING:
    from generator.rows import Catalogue
    from state.store import Store
    from watcher.app import App

T = TypeVar("T")


def ask(job: Callable[[Catalogue, Store | None], T]) -> T:
    """Run *job* with the catalogue, and the memory where there is one: a checkout has none, and needs no settings."""
    from watcher import family

    found = family.checkout(Path.cwd())
    if found is not None:
        return job(found, None)

    async def whole(app: App) -> T:
        return job(await family.main(app), app.store)

    return run(whole)
