"""What the watcher adds to an engine's own time: one image built once more by the bare engine, from the same files."""

from __future__ import annotations

import asyncio
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from builder.engines.engine import BuildRequest
from generator.dockerfile import CONTEXT
from watcher.config import load
from watcher.engines import engine
from watcher.fitting import mirrored


def bare(settings: Path, dockerfile: str, base: str, mirrors: Mapping[str, str], work: Path) -> float:
    """Build *dockerfile* (a path in the images repository) on *base*, and return the seconds that it took."""
    checkout = work / "checkout"
    images = settings.parent / "images.git"
    subprocess.run(["git", "clone", "-q", str(images), str(checkout)], check=True, capture_output=True)
    file = checkout / dockerfile
    arguments = {"BASE": base, "FETCH_BASE": base, **mirrored(file.read_text(), mirrors)}
    request = BuildRequest(
        checkout / CONTEXT, file, "linux/amd64", work / "bare", work / "bare.log", 0, arguments
    )  # fmt: skip

    async def build() -> float:
        chosen = await engine(load(settings))
        begun = time.monotonic()
        await chosen.build(request)
        return time.monotonic() - begun

    return asyncio.run(build())
