"""Excerpts of the release metadata of .NET, and what a lookup in one of them gives."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date
from pathlib import Path
from typing import Any

from sources import dotnet
from state.model import Arch, Offer, Platform, Release, Version
from tests.sources.pages import Pages

HERE = Path(__file__).parent / "dotnet"
INDEX = "https://builds.dotnet.microsoft.com/dotnet/release-metadata/releases-index.json"
CHANNEL = "https://builds.dotnet.microsoft.com/dotnet/release-metadata/{}/releases.json"
AMD64, ARMV7 = Platform(Arch.AMD64, "glibc"), Platform(Arch.ARMV7HF, "glibc")
AARCH64_MUSL, I386 = Platform(Arch.AARCH64, "musl"), Platform(Arch.I386, "glibc")
RECORDED = [AMD64, ARMV7, AARCH64_MUSL]


def document(name: str) -> Any:
    """Return an excerpt of a real document of 2026-07-14 (``10.0.2026-01-13``: as first published that day)."""
    return json.loads((HERE / f"{name}.json").read_bytes())


def documents(**changed: Any) -> dict[str, bytes]:
    """Return all documents; *changed* (``index``, ``v10``) are bytes, or JSON to be written."""
    found = {name: document(name) for name in ("index", "10.0", "9.0", "8.0")}
    found |= {f"{name[1:]}.0" if name.startswith("v") else name: value for name, value in changed.items()}
    return {k: v if isinstance(v, bytes) else json.dumps(v).encode() for k, v in found.items()}


async def looked_up(line: str, version: str, body: Any, wanted: Collection[Platform] = RECORDED) -> Offer:
    """Return the offer of a release whose channel's document is *body*."""
    page = body if isinstance(body, bytes) else json.dumps(body).encode()
    release = Release("dotnet", line, Version(version), date(2026, 1, 13))
    return await dotnet.artifacts(release, wanted, Pages({CHANNEL.format(line.partition("-")[0]): page}))
