"""CPython: every recorded cycle with the list of releases, and the one bundle that was recorded."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import date
from pathlib import Path

from sources import python
from state.errors import SourceError
from state.model import Arch, Platform, Release, Version
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages


def check(folder: Path) -> Outcome:
    """Read everything below *folder* as a sync would; 3.12.5's bundle is too old for sigstore, and is refused."""
    outcome, seen = Outcome(files=1), set[str]()
    dates = (folder / "python-releases.json").read_bytes()
    for file in [folder / "release-cycle.json", *sorted(folder.glob("release-cycle-history/*.json"))]:
        outcome.files += 1
        try:
            seen |= {r.version.text for r in python.releases({"cycle": file.read_bytes(), "releases": dates})}
        except SourceError as error:
            outcome.refused.append((file.name, str(error)))
    recorded = (folder / "docker-library-first-seen.tsv").read_text().splitlines()[1:]
    for version in (line.split("\t")[0] for line in recorded):
        if version not in seen and not Version(version).is_prerelease:
            outcome.refused.append(("docker-library-first-seen.tsv", f"{version} was released, and is not read"))
    throttled = (folder / "api-v2-429-body.json").read_bytes()
    try:
        python.releases({"cycle": throttled, "releases": dates})
    except SourceError as error:
        outcome.refused.append(("api-v2-429-body.json", str(error)))
    asyncio.run(_bundle(folder, outcome))
    outcome.files += 3
    outcome.releases = len(seen)
    return outcome


async def _bundle(folder: Path, outcome: Outcome) -> None:
    """Look up 3.12.5 by its bundle (that of the .tgz, which is all there is), and compare the digest with pyenv's."""
    body = (folder / "Python-3.12.5.tgz.sigstore").read_bytes()
    url = "https://www.python.org/ftp/python/3.12.5/Python-3.12.5.tar.xz.sigstore"
    release = Release("python", "3.12", Version("3.12.5"), date(2024, 8, 6))
    offer = await python.artifacts(
        release, [Platform(Arch.AMD64, "glibc")], Pages({url: body}, folder / "keys", "python")
    )
    outcome.refused += [("Python-3.12.5.tgz.sigstore", reason) for _, reason in offer.missing]
    digest = base64.b64decode(json.loads(body)["messageSignature"]["messageDigest"]["digest"]).hex()
    if digest not in (folder / "cpython-source-sha256.pyenv.tsv").read_text():
        outcome.refused.append(("cpython-source-sha256.pyenv.tsv", "has another digest of 3.12.5 than the bundle"))
