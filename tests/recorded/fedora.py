"""Fedora: seven feeds of 2021 to 2025 with Bodhi's answer of 2025, and the one recorded list, whose signature is cut."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sources import fedora
from sources.digests import BSD, read_sha256
from state.errors import SourceError
from state.model import Arch, Platform, Release
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages

_PLATFORMS = [Platform(Arch.AMD64, "glibc"), Platform(Arch.AARCH64, "glibc")]


def check(folder: Path) -> Outcome:
    """Read everything below *folder* as a sync would."""
    outcome, seen = Outcome(files=1), set[str]()
    bodhi = (folder / "bodhi-releases.recorded.json").read_bytes()
    for file in (*sorted(folder.glob("history/releases-*.json")), folder / "releases.json"):
        outcome.files += 1
        try:
            found = fedora.releases({"releases": file.read_bytes(), "bodhi": bodhi})
            for release in found:
                asyncio.run(_images(file, release))
        except SourceError as error:
            outcome.refused.append((file.name, str(error)))
        else:
            seen |= {r.line for r in found}
    for file in folder.glob("*-CHECKSUM"):
        outcome.files += 1
        outcome.refused += asyncio.run(_list(file))
    outcome.releases = len(seen)
    return outcome


async def _images(file: Path, release: Release) -> None:
    """Look the images up: their lists were not recorded, so each is awaited by the name of its list."""
    pages = Pages({fedora.DOCUMENTS["releases"]: file.read_bytes()}, source="fedora")
    offer = await fedora.artifacts(release, _PLATFORMS, pages)
    awaited = [reason for _, reason in offer.missing if reason.endswith("-CHECKSUM is not there")]
    assert len(awaited) + sum("no container image" in reason for _, reason in offer.missing) == len(_PLATFORMS)


async def _list(file: Path) -> list[tuple[str, str]]:
    """Return why a recorded list is refused; the text itself is read all the same."""
    text = file.read_bytes().partition(b"\n\n")[2].partition(b"-----BEGIN PGP SIGNATURE")[0]
    assert read_sha256("fedora", file.name, text, BSD)
    name = next(iter(read_sha256("fedora", file.name, text, BSD)))
    folder = "pub/fedora/linux/releases/44/Container/aarch64/images/"
    digest = read_sha256("fedora", file.name, text, BSD)[name].digest
    row = f"""[{{"version": "44", "arch": "aarch64", "variant": "Container", "subvariant": "Container_Base",
        "sha256": "{digest}", "link": "https://download.fedoraproject.org/{folder}{name}"}}]"""
    pages = {
        fedora.DOCUMENTS["releases"]: row.encode(),
        f"https://dl.fedoraproject.org/{folder}{file.name}": file.read_bytes(),
    }
    (release,) = fedora.releases({"releases": row.encode(), "bodhi": b'{"pages": 1, "releases": []}'})
    try:
        offer = await fedora.artifacts(release, _PLATFORMS[1:], Pages(pages, source="fedora"))
    except SourceError as error:
        return [(file.name, str(error))]
    assert offer.artifacts
    return []
