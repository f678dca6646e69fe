""".NET: 41 revisions of the index with the channels of July 2026, every channel's files, and the known defects."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path

from sources import dotnet, dotnet_channels
from sources.strict import read_json
from state.errors import SourceError
from state.model import Arch, Platform, Release
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages

_CHANNEL = "https://builds.dotnet.microsoft.com/dotnet/release-metadata/{}/releases.json"
_PLATFORMS = [Platform(arch, libc) for arch in (Arch.AMD64, Arch.AARCH64, Arch.ARMV7HF) for libc in ("glibc", "musl")]


def check(folder: Path) -> Outcome:
    """Read everything below *folder* as a sync would, the channels before 5.0 as if they were of interest."""
    outcome, seen = Outcome(), set[tuple[str, str]]()
    channels = {file.stem.removeprefix("releases-"): file for file in folder.glob("releases-[0-9]*.json")}
    bodies = {name: file.read_bytes() for name, file in channels.items()}
    for index in [*sorted(folder.glob("index-history/*.json")), *sorted(folder.glob("*releases-index.json"))]:
        outcome.files += 1
        try:
            seen |= {(r.line, r.version.text) for r in dotnet.releases(bodies | {"index": index.read_bytes()})}
        except SourceError as error:
            outcome.refused.append((index.name, str(error)))
    documents = [*channels.values(), *folder.glob("defects/*.json"), *folder.glob("renovate.releases-[0-9]*.json")]
    for file in sorted(documents):
        outcome.files += 1
        seen |= asyncio.run(_channel(file, outcome))
    outcome.releases = len(seen)
    return outcome


async def _channel(file: Path, outcome: Outcome) -> set[tuple[str, str]]:
    """Read one channel's document, and look up the files of all its releases."""
    name, body = (
        file.name.removeprefix("renovate.").split("-")[1].removesuffix(".json")[:4].rstrip("."),
        file.read_bytes(),
    )
    url = _CHANNEL.format(name)
    entry = {"channel-version": name, "release-type": "lts", "support-phase": "active", "releases.json": url}
    try:
        found = list(dotnet_channels.released(name, read_json("dotnet", "", json.dumps(entry).encode()), body))
    except SourceError as error:
        outcome.refused.append((file.name, str(error)))
        return set()
    await _files(file, found, Pages({url: body}), outcome)
    return {(r.line, r.version.text) for r in found}


async def _files(file: Path, found: Iterable[Release], pages: Pages, outcome: Outcome) -> None:
    for release in found:
        try:
            await dotnet.artifacts(release, _PLATFORMS, pages)
        except SourceError as error:
            outcome.refused.append((f"{file.name}: {release.line} {release.version}", str(error)))
