"""A folder for each build, below one that all builds of a machine share; what a killed one left goes away.

Who builds holds the shared folder's lock together with others; who gets it alone knows that nobody is building. The
kernel lets go of it with the process, however that ended.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

_OURS = "build-"


@asynccontextmanager
async def room(scratch: Path) -> AsyncIterator[Path]:
    """Have a new folder below *scratch* until the end of the block."""
    held = await asyncio.to_thread(_enter, scratch)
    try:
        # A thread that outlives a cancelled build may write while this is removed: the next to come alone removes the rest.
        with tempfile.TemporaryDirectory(dir=scratch, prefix=_OURS, ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    finally:
        os.close(held)


def _enter(scratch: Path) -> int:
    """Take the lock together with others, after tidying up if there are none; return what holds it."""
    scratch.mkdir(parents=True, exist_ok=True)
    held = os.open(scratch, os.O_RDONLY)
    with suppress(BlockingIOError):
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for left in scratch.glob(f"{_OURS}*"):
            shutil.rmtree(left, ignore_errors=True)  # a container's files may be another user's
    fcntl.flock(held, fcntl.LOCK_SH)
    return held
