"""Alpine: real and reconstructed listings of each branch and architecture, with the list of releases of 2026-06."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from sources import alpine, alpine_listing
from sources.formats import read_yaml
from state.errors import NotPublished, SourceError
from state.model import Arch, Platform, Release, Version
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages

_NAME = re.compile(r"v(?P<line>[0-9.]+)__releases__(?P<arch>[a-z0-9_]+)__latest-releases.*")
_PLATFORMS = [Platform(arch, "musl") for arch in Arch if arch.spelling.alpine]


def check(folder: Path) -> Outcome:
    """Read everything below *folder* as a sync would; the excerpt of the site's list has no releases, and is refused."""
    outcome, seen = Outcome(), set[str]()
    site = folder / "reconstructed" / "releases.json"
    listings = [(file, *_placed(file)) for file in sorted(folder.glob("reconstructed/*/*/*/*.yaml"))]
    listings += [(file, *_placed(file)) for file in sorted(folder.glob("recorded/*.yaml"))]
    for file in (site, *folder.glob("recorded/*.json")):
        outcome.files += 1
        try:
            documents = {"releases": file.read_bytes()}
            alpine.more(documents)
            seen |= {r.version.text for r in alpine.releases(documents)}
        except SourceError as error:
            outcome.refused.append((file.name, str(error)))
    for file, line, arch in listings:
        outcome.files += 1
        if line == "edge":
            entry = alpine_listing.latest(line, arch, file.read_bytes())
            reason = f"edge is no branch of releases, but a snapshot of the day: {entry.member('version').text()}"
            outcome.refused.append((str(file.relative_to(folder)), reason))
            continue
        try:
            documents = {"releases": site.read_bytes(), f"v{line}/{arch}": file.read_bytes()}
            seen |= {r.version.text for r in alpine.releases(documents)}
            asyncio.run(_files(file, line, arch))
        except SourceError as error:
            outcome.refused.append((str(file.relative_to(folder)), str(error)))
    outcome.releases = len(seen)
    return outcome


def _placed(file: Path) -> tuple[str, str]:
    """Return branch and architecture of a listing, from where it was recorded."""
    if match := _NAME.fullmatch(file.name):
        return match["line"], match["arch"]
    return file.parts[-4].removeprefix("v"), file.parts[-2]


async def _files(file: Path, line: str, arch: str) -> None:
    """Look the file up, of which neither body nor signature was recorded: it is listed, and awaited."""
    url = f"https://dl-cdn.alpinelinux.org/alpine/v{line}/releases/{arch}/latest-releases.yaml"
    entry = next(e for e in read_yaml("alpine", url, file.read_bytes()).items() if "minirootfs" in str(e.raw))
    release = Release("alpine", line, Version(entry.member("version").text()), entry.member("date").day())
    pages = Pages({url: file.read_bytes()}, source="alpine")
    try:
        await alpine.artifacts(release, _PLATFORMS, pages)
    except NotPublished:
        listed = [asked for asked in pages.asked if asked.endswith(".tar.gz.asc")]
        assert not arch or arch not in {p.arch.spelling.alpine for p in _PLATFORMS} or len(listed) == 1, pages.asked
