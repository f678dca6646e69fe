"""Excerpts of what the Adoptium API says of Temurin, and what a lookup in one of them gives."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sources import openjdk
from state.model import Arch, Offer, Platform, Release, Version
from tests.sources.pages import Pages

HERE = Path(__file__).parent / "openjdk"
AVAILABLE = (HERE / "available.json").read_bytes()
RELEASES: Mapping[str, Any] = {r["release_name"]: r for r in json.loads((HERE / "releases.json").read_bytes())}
"""Real releases as of 2026-08-22, one file of another system in each."""
AMD64, AARCH64 = Platform(Arch.AMD64, "glibc"), Platform(Arch.AARCH64, "glibc")
AMD64_MUSL, AARCH64_MUSL = Platform(Arch.AMD64, "musl"), Platform(Arch.AARCH64, "musl")
ARMV7, I386 = Platform(Arch.ARMV7HF, "glibc"), Platform(Arch.I386, "glibc")
PAGE = (
    "https://api.adoptium.net/v3/assets/feature_releases/{}/ga"
    "?heap_size=normal&jvm_impl=hotspot&project=jdk&page=0&page_size=5&sort_order=DESC&vendor=eclipse"
)
RECORDED = [AMD64, AARCH64, AMD64_MUSL, AARCH64_MUSL]
LATE = {  # day → what Adoptium had of jdk-21.0.12+8 on that day, as recorded
    "2026-07-25": {("linux", "x64"), ("linux", "aarch64")},
    "2026-07-29": {("linux", "x64"), ("linux", "aarch64"), ("alpine-linux", "x64")},
    "2026-08-01": {("linux", "x64"), ("linux", "aarch64"), ("alpine-linux", "x64"), ("alpine-linux", "aarch64")},
}
LINES = {"available_lts_releases": [8, 11, 21], "most_recent_feature_release": 25, "available_releases": [8, 22]}


def copy(name: str, **changed: Any) -> dict[str, Any]:
    """Return a release that may be changed."""
    made: dict[str, Any] = json.loads(json.dumps(RELEASES[name]))
    return made | changed


def documents(*pages: Any, **named: Any) -> dict[str, bytes]:
    """Return documents: the recorded releases by line, or those of line 21 only if *pages* are given."""
    pages = pages or tuple(RELEASES.values())
    made: dict[str, Any] = {"available": LINES} | {f"ga-{line}": b"" for line in range(8, 30)}
    for line in (8, 11, 21, 25):
        starts = (f"jdk-{line}.", f"jdk-{line}+", f"jdk{line}u")
        made[f"ga-{line}"] = [r for r in (*pages, *RELEASES.values()) if str(r["release_name"]).startswith(starts)]
        made[f"ga-{line}"] = list({r["release_name"]: r for r in reversed(made[f"ga-{line}"])}.values())
    return {k: v if isinstance(v, bytes) else json.dumps(v).encode() for k, v in (made | named).items()}


def address(name: str) -> str:
    """Return the URL of a release's own document."""
    query = "heap_size=normal&jvm_impl=hotspot&project=jdk"
    return f"https://api.adoptium.net/v3/assets/release_name/eclipse/{quote(name, safe='')}?{query}"


async def looked_up(
    name: str, line: str, wanted: Collection[Platform], body: Any = None, version: str | None = None
) -> Offer:
    """Return the offer of a release whose own document is *body*."""
    text = version or name.removeprefix("jdk-")
    page = json.dumps(RELEASES[name] if body is None else body).encode()
    release = Release("openjdk", line, Version(text), date(2026, 8, 1))
    return await openjdk.artifacts(release, wanted, Pages({address(name): page}, source="openjdk"))
