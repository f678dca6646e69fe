"""CPython: every recorded cycle with the list of releases, and the one bundle that was recorded."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path

from sources import proofs, python
from state.errors import SourceError
from state.model import Version
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
    """Check the bundle of 3.12.5 (that of the .tgz, which is all there is), and compare its digest with pyenv's."""
    body = (folder / "Python-3.12.5.tgz.sigstore").read_bytes()
    url = "https://www.python.org/ftp/python/3.12.5/Python-3.12.5.tgz"
    try:
        signer = ("thomas@python.org", "https://accounts.google.com")
        await proofs.sigstore(url, *signer, Pages({f"{url}.sigstore": body}, source="python"))
    except SourceError as error:
        outcome.refused.append(("Python-3.12.5.tgz.sigstore", str(error)))
    digest = base64.b64decode(json.loads(body)["messageSignature"]["messageDigest"]["digest"]).hex()
    if digest not in (folder / "cpython-source-sha256.pyenv.tsv").read_text():
        outcome.refused.append(("cpython-source-sha256.pyenv.tsv", "has another digest of 3.12.5 than the bundle"))
