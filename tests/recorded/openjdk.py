"""Temurin: pages of the API, and every release of the catalogue that upstream publishes beside it, in the API's shape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sources import openjdk, temurin
from state.errors import SourceError
from state.model import Arch, Platform
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages

_API = "https://api.adoptium.net/v3/assets/release_name/eclipse/{}?heap_size=normal&jvm_impl=hotspot&project=jdk"
_PLATFORMS = [
    *(Platform(arch, "glibc") for arch in (Arch.AMD64, Arch.AARCH64, Arch.ARMV7HF)),
    *(Platform(arch, "musl") for arch in (Arch.AMD64, Arch.AARCH64)),
]


def check(folder: Path) -> Outcome:
    """Read everything below *folder* as a sync would."""
    outcome, seen = Outcome(), set[tuple[str, str]]()
    outcome.files += 1
    openjdk.more({"available": (folder / "info-available_releases.json").read_bytes()})
    catalogue = [*folder.glob("marketplace-data/*/jdk*.json"), *folder.glob("late-arrival/*.json")]
    for file in sorted([*folder.glob("reconstructed/*.json"), *folder.glob("assets-*.json"), *catalogue]):
        outcome.files += 1
        document = json.loads(file.read_bytes())
        page = document if file not in catalogue else [_reshaped(release) for release in document["releases"]]
        try:
            seen |= asyncio.run(_read(page))
        except SourceError as error:
            outcome.refused.append((file.name, str(error)))
    outcome.releases = len(seen)
    return outcome


async def _read(page: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Read one page, and look up the files of its releases; the spelling must lead back to upstream's."""
    line = int(
        str(page[0].get("release_name", "jdk-21"))
        .removeprefix("jdk")
        .lstrip("-")
        .split(".")[0]
        .split("u")[0]
        .split("+")[0]
    )
    available = {"available_lts_releases": [line], "most_recent_feature_release": line}
    pages = {f"ga-{line}": json.dumps(page).encode(), f"ga-{line - 1}": b""}
    found = openjdk.releases({"available": json.dumps(available).encode()} | pages)
    names = {release["release_name"]: release for release in page}
    for release in found:
        name = temurin.spelled(release.version)
        await openjdk.artifacts(
            release, _PLATFORMS, Pages({_API.format(quote(name, safe="")): json.dumps(names[name]).encode()})
        )
    return {(release.line, release.version.text) for release in found}


def _reshaped(release: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a release of the catalogue as the API would give it."""
    binaries = [
        b | {"os": b["os"].replace("_", "-"), "package": b["package"] | {"checksum": b["package"]["sha256sum"]}}
        for b in release["binaries"]
    ]
    said = {"release_type": "ga", "vendor": "eclipse", "timestamp": release["last_updated_timestamp"]}
    return {**release, **said, "binaries": binaries}
