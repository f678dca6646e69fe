"""Go: every recorded list, short and whole, and the files of every release in it, compared with what others recorded.

The history is made of the days on which docker-library first saw the releases: upstream's own was not recorded.
"""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from sources import go, go_list
from state.errors import SourceError
from state.model import Arch, Artifact, Platform, Release, Version
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages
from tests.sources.test_go import history, literal

_PLATFORMS = [Platform(arch, "glibc") for arch in (Arch.AMD64, Arch.AARCH64, Arch.ARMV7HF, Arch.I386)]


def check(folder: Path) -> Outcome:
    """Read everything below *folder* as a sync would."""
    outcome, seen, digests = Outcome(files=2), set[str](), dict[str, str]()
    body = history(*_entries(folder))
    for file in [folder / "golang-dl.setup-go.json", *sorted(folder.glob("**/go-dl.*.json"))]:
        outcome.files += 1
        try:
            if ".stable." in file.name:
                seen |= {r.version.text for r in go.releases({"list": file.read_bytes(), "history": body})}
            for artifact in asyncio.run(_files(file.read_bytes())):
                seen.add(artifact.version.text)
                if digests.setdefault(artifact.url, artifact.checksum.digest) != artifact.checksum.digest:
                    outcome.refused.append((file.name, f"has another digest of {artifact.url} than the others"))
        except SourceError as error:
            outcome.refused.append((file.name, str(error)))
    for known in tomllib.loads((folder / "heroku-inventory-go.toml").read_text())["artifacts"]:
        url = known["url"].replace("https://go.dev/dl", "https://dl.google.com/go")
        if digests.get(url, known["checksum"][7:]) != known["checksum"][7:]:
            outcome.refused.append(("heroku-inventory-go.toml", f"has another digest of {url}"))
    outcome.releases = len(seen)
    return outcome


def _entries(folder: Path) -> Iterator[str]:
    for line in (folder / "reconstructed" / "first-seen.tsv").read_text().splitlines()[1:]:
        version, moment = line.split("\t")
        if not re.search("rc|beta", version):
            x, y, z = [*map(int, version.removeprefix("go").split(".")), 0][:3]
            yield literal((x, y, z), moment[:10])


async def _files(body: bytes) -> list[Artifact]:
    """Return the Linux files of all releases in a list: read whole once, then one by one."""
    found: list[Artifact] = []
    go_list.read(go_list.SHORT, body)
    for entry in json.loads(body):
        pages = Pages({"https://go.dev/dl/?mode=json": json.dumps([entry]).encode()}, source="go")
        version = Version(entry["version"].removeprefix("go"))
        release = Release("go", "1.0", version, date(2021, 1, 1))
        found += (await go.artifacts(release, _PLATFORMS, pages)).artifacts
    return found
