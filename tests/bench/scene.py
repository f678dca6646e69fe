"""A workspace with all devices, on loopback, whose import was merged: where a Node patch is measured."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.upstream import Upstream
from tests.world import OLDER, World
from watcher import workspace


@contextmanager
def imported() -> Iterator[World]:
    """All 145 devices, and node imported as of October 2024."""
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        (folder / "served").mkdir()
        with Upstream(folder / "served") as upstream:
            workspace.make(folder / "ws", None, OLDER[2])
            world = World(folder, upstream)
            world.publish(OLDER)
            world.sync()
            world.decide("merge", 1)
            yield world
