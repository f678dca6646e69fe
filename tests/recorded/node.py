"""Node's recordings: every index with every revision of the schedule, and every signed list."""

from __future__ import annotations

import asyncio
from itertools import product
from pathlib import Path

from sources import digests, node, signatures
from state.errors import SourceError
from tests.recorded.outcome import Outcome

_WHY = {"v16.20.0": "KeyTooOld", "v26.3.0": "SignatureError", "v26.5.1": "KeyTooOld"}


def check(folder: Path) -> Outcome:
    """Read the documents and verify the lists; each of the known bad lists is refused for its own reason."""
    outcome, seen, refused = Outcome(), set[str](), dict[str, str]()
    indexes = [*folder.glob("dist-index.*.json"), *folder.glob("reconstructed/dist-index.*.json")]
    schedules = [folder / "schedule.json", *folder.glob("schedule-history/*.json")]
    unofficial = (folder / "reconstructed" / "unofficial-index.synthetic.json").read_bytes()
    outcome.files += len(indexes) + len(schedules) + 1
    for index, schedule in product(indexes, schedules):
        documents = {"index": index.read_bytes(), "schedule": schedule.read_bytes(), "unofficial": unofficial}
        try:
            seen |= {release.version.text for release in node.releases(documents)}
        except SourceError as error:
            outcome.refused.append((f"{index.name} + {schedule.name}", str(error)))
            refused[index.name] = type(error).__name__
    outcome.releases = len(seen)
    for file in sorted((folder / "shasums256").glob("*.asc")):
        outcome.files += 1
        version = file.name.removesuffix(".SHASUMS256.txt.asc")
        try:
            asyncio.run(_verify(version, file.read_bytes()))
        except SourceError as error:
            outcome.refused.append((file.name, f"{type(error).__name__}: {error.problem}"))
            refused[version] = type(error).__name__
    outcome.good = refused == _WHY
    return outcome


async def _verify(version: str, body: bytes) -> None:
    """Verify one list, and read what was signed."""
    url = f"https://nodejs.org/dist/{version}/SHASUMS256.txt.asc"
    signed = await signatures.clearsigned(body, signatures.keyring("node"), "node", url)
    digests.read_sha256("node", url, signed.text)
