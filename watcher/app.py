"""The bundle that a step may touch: everything concrete was chosen in :mod:`watcher.wiring`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime

from builder.dry import Call
from builder.fastimport import Identity
from builder.ports import Forge, Issues, Repository
from sources.feed import Feed
from sources.source import Source
from state.store import Store
from watcher.compare import Comparer
from watcher.config import Configured
from watcher.grouped import Grouped
from watcher.images import Snapshots
from watcher.locks import Locks
from watcher.progress import Progress, unheard
from watcher.works import Works


@dataclass(frozen=True, slots=True)
class App:
    """What conducting needs: settings, memory, the network, git and the forge, and the clock.

    ``issues`` is None where the forge may not be asked for any. ``works`` opens, for the family's namespace, what
    building needs. ``grouped`` is how polls write. ``identity`` is who the watcher's commits are by. ``calls`` are those that a dry run would have
    made; None in a real run. ``progress`` hears how far long work is. ``led`` remembers for each source which digests its first documents had, and what they
    led to.
    """

    config: Configured
    store: Store
    sources: Mapping[str, Source]
    feeds: Callable[[str], Feed]
    repository: Repository
    forge: Forge
    issues: Issues | None
    images: Snapshots
    comparer: Comparer
    now: Callable[[], datetime]
    locks: Locks
    works: Callable[[str], AbstractAsyncContextManager[Works]]
    identity: Identity
    grouped: Grouped
    calls: list[Call] | None = None
    progress: Progress = unheard
    led: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = field(default_factory=dict)

    @property
    def branch(self) -> str:
        """The default branch of the images repository."""
        return self.config.settings.images.branch

    def lock(self, name: str, patience: float | None = None) -> AbstractAsyncContextManager[None]:
        """Have the turn *name* (``act``, ``build``, ``poll-node``) on the database: see :meth:`watcher.locks.Locks.hold`."""
        return self.locks.hold(name, patience)
