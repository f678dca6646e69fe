"""Run the parsers and the verification over a folder of real recordings: ``make check-recordings RECORDINGS=DIR``.

For developers, since recordings are too large to bundle. Every file is read as a sync would read it; what is
refused must be what is known to be unusable, else the exit code is 1.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from sources import digests, node, signatures
from state.errors import SourceError

_BAD_NODE_LISTS = {"v16.20.0": "KeyTooOld", "v26.3.0": "SignatureError", "v26.5.1": "KeyTooOld"}


@dataclass(frozen=True)
class Outcome:
    """One row: what a check read, and what it refused (file → error). ``expected`` maps file to error class."""

    source: str
    check: str
    files: int
    releases: int
    refused: dict[str, SourceError]
    expected: dict[str, str]
    seconds: float

    @property
    def good(self) -> bool:
        """Whether exactly the known ones were refused."""
        return {name: type(error).__name__ for name, error in self.refused.items()} == self.expected


def node_documents(folder: Path) -> Outcome:
    """Read every recorded index with every revision of the schedule."""
    started, refused, seen = time.perf_counter(), dict[str, SourceError](), set[str]()
    indexes = [*folder.glob("dist-index.*.json"), *folder.glob("reconstructed/dist-index.*.json")]
    schedules = [folder / "schedule.json", *folder.glob("schedule-history/*.json")]
    unofficial = (folder / "reconstructed" / "unofficial-index.synthetic.json").read_bytes()
    for index, schedule in product(indexes, schedules):
        documents = {"index": index.read_bytes(), "schedule": schedule.read_bytes(), "unofficial": unofficial}
        try:
            seen |= {release.version.text for release in node.releases(documents)}
        except SourceError as error:
            refused[f"{index.name} + {schedule.name}"] = error
    seconds = time.perf_counter() - started
    return Outcome("node", "indexes", len(indexes) + len(schedules) + 1, len(seen), refused, {}, seconds)


def node_lists(folder: Path) -> Outcome:
    """Verify and read every recorded list of digests."""
    return asyncio.run(_node_lists(sorted((folder / "shasums256").glob("*.asc"))))


async def _node_lists(files: Sequence[Path]) -> Outcome:
    started, refused, keys = time.perf_counter(), dict[str, SourceError](), signatures.keyring("node")
    for file in files:
        version = file.name.removesuffix(".SHASUMS256.txt.asc")
        url = f"https://nodejs.org/dist/{version}/SHASUMS256.txt.asc"
        try:
            signed = await signatures.clearsigned(file.read_bytes(), keys, "node", url)
            digests.read_sha256("node", url, signed.text)
        except SourceError as error:
            refused[version] = error
    good, seconds = len(files) - len(refused), time.perf_counter() - started
    return Outcome("node", "signed lists", len(files), good, refused, _BAD_NODE_LISTS, seconds)


CHECKS: dict[str, Sequence[Callable[[Path], Outcome]]] = {"node": (node_documents, node_lists)}
"""Folder of recordings → what is done with it."""


def main() -> int:
    """Run all checks and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.recordings", description=__doc__)
    parser.add_argument("recordings", type=Path, metavar="DIR", help="holds a folder per source")
    folder = parser.parse_args().recordings
    outcomes = [check(folder / source) for source, checks in CHECKS.items() for check in checks]
    print(f"{'source':8} {'check':14} {'files':>6} {'releases':>9} {'refused':>8} {'seconds':>8}")
    for row in outcomes:
        numbers = f"{row.files:6} {row.releases:9} {len(row.refused):8} {row.seconds:8.2f}"
        print(f"{row.source:8} {row.check:14} {numbers}  {'as known' if row.good else 'NOT AS KNOWN'}")
        for name, error in row.refused.items():
            print(f"    {name}: {type(error).__name__}: {error.problem}")
    return 0 if all(row.good and row.files for row in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
