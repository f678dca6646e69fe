"""Files that upstream made again under their names: Node's musl builds, and Temurin's archives.

Each must end in quarantine, with no pull request, until a person accepts it. They are histories of their own, since
most of it was before October 2024.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from tests.replay.node import Node
from tests.replay.openjdk import OpenJDK
from tests.upstream.layout import UNOFFICIAL, builds, write
from tests.upstream.stand_in import body, digest

Row = tuple[str, datetime]
"""A digest, and since when it was that file's."""
_PAUSE = timedelta(minutes=5)


class NodeRespins(Node):
    """August 2021, and February and March 2023."""

    told = (
        "16.6.2, 16.19.1 and 18.14.1 for x64/musl, made again within three to five days. Real: both digests of each and "
        "their times (as they relate to each other), index, signed lists; put together: the rest of the unofficial "
        "builds, the bodies, an index without those releases whose list was not recorded, the schedule, of October 2024"
    )
    bad: Mapping[str, str] = {"16.20.0": "signed after our copy of its key expired"}
    _spans: Sequence[tuple[date, date]] = (date(2021, 8, 11), date(2021, 8, 18)), (date(2023, 2, 16), date(2023, 3, 29))

    def __init__(self, recordings: Path) -> None:
        super().__init__(recordings)
        rows: dict[str, list[Row]] = {}
        for line in (self._folder / "unofficial-musl-x64.docker-node.tsv").read_text().splitlines()[1:]:
            version, published, first = line.split("\t")
            rows.setdefault(version, []).append((published, datetime.fromisoformat(first).astimezone(UTC)))
        self._musl = {version: sorted(each, key=lambda row: row[1]) for version, each in rows.items()}
        lists = {file.name.partition(".SHASUMS")[0] for file in (self._folder / "shasums256").glob("*.asc")}
        self._entries = [entry for entry in self._entries if entry["version"] in lists]

    def moments(self) -> Sequence[datetime]:
        """Noon of each day with a release or with a file made again, that file's moment, and the midnight after it."""
        days = {date.fromisoformat(entry["date"]) for entry in self._entries}
        found = {datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(hours=12) for day in days}
        for _, at in self._again():
            found |= {datetime.combine(at, time(12), UTC), at + _PAUSE}
            found.add(datetime.combine(at + timedelta(days=1), time(), UTC) + _PAUSE)
        return [m for m in sorted(found) if any(first <= m.date() <= last for first, last in self._spans)]

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Serve the musl builds that there were."""
        super().serve(moment, served, keys)
        for entry in self._listed(moment):
            rows = self._musl.get(entry["version"].removeprefix("v"))
            if rows and builds(entry):
                self._build(served / UNOFFICIAL / entry["version"], _last(rows, moment))

    def respun(self, moment: datetime) -> Collection[str]:
        """The builds that had been made again by then."""
        return [self._url(version) for version, at in self._again() if at <= moment]

    def _build(self, folder: Path, published: str) -> None:
        """Put a build and its line in the list."""
        name, listed = f"node-{folder.name}-linux-x64-musl.tar.xz", folder / "SHASUMS256.txt"
        others = [line for line in listed.read_text().splitlines() if not line.endswith(name)]
        write(folder / name, body(published))
        write(listed, "".join(f"{line}\n" for line in [*others, f"{digest(published)}  {name}"]).encode())
        self._learn(listed.read_text(), UNOFFICIAL, folder.name)

    def _listed(self, moment: datetime) -> list[dict[str, Any]]:
        return super()._listed(moment - timedelta(hours=12))  # a day's releases come at noon, not at midnight

    def _schedule(self, moment: datetime) -> Path:
        return self._schedules[min(self._schedules)]

    def _again(self) -> Iterator[tuple[str, datetime]]:
        """Version and moment of each build that was made again."""
        for version, rows in self._musl.items():
            yield from ((version, at) for _, at in rows[1:])

    @staticmethod
    def _url(version: str) -> str:
        return f"https://{UNOFFICIAL}/v{version}/node-v{version}-linux-x64-musl.tar.xz"


class TemurinRespins(OpenJDK):
    """October 2024 and May 2026: what was recorded befell archives that no image is made of; here it befalls others."""

    told = (
        "17.0.13+11 and 17.0.19+10. Real: both digests of each and their times (as they relate to each other), all other "
        "releases and files; put together: that it was Linux on x64 and not macOS or Windows, bodies, signatures"
    )
    _again: Mapping[str, tuple[Row, Row]] = {}

    def __init__(self, recordings: Path) -> None:
        super().__init__(recordings)
        table = recordings / "adoptium" / "derived" / "marketplace-respins.txt"
        self._again = dict(_read(table.read_text()))

    def moments(self) -> Sequence[datetime]:
        """The days around it."""
        first = {at - timedelta(days=2) for _, (_, at) in self._again.values()}
        return sorted(first | {at + _PAUSE for _, (_, at) in self._again.values()})

    def respun(self, moment: datetime) -> Collection[str]:
        """The archives that had been made again by then."""
        return [url for url, (_, (_, at)) in self._again.items() if at <= moment]

    def _there(self, moment: datetime) -> list[dict[str, Any]]:
        found = [{**release, "binaries": [dict(b) for b in release["binaries"]]} for release in super()._there(moment)]
        for binary in (binary for release in found for binary in release["binaries"]):
            if rows := self._again.get(binary["package"]["link"]):
                published = _last(rows, moment)
                binary["package"] = binary["package"] | {"checksum": published}
                self.digests[binary["package"]["link"]] = digest(published)
        return found


def _last(rows: Sequence[Row], moment: datetime) -> str:
    """The digest that a file had then; before the first one that one."""
    return [published for published, at in rows if at <= moment or at == rows[0][1]][-1]


def _read(table: str) -> Iterator[tuple[str, tuple[Row, Row]]]:
    """Read the lines ``(release, file, (digest, time), (digest, time))``."""
    for line in table.splitlines():
        if not line.startswith("("):
            continue
        _, name, *rows = ast.literal_eval(line)
        flavour, version = name.partition("-")[2][:3], name.rpartition("hotspot_")[2].partition(".tar")[0]
        number, _, build = version.removesuffix(".zip").partition("_")
        file = f"OpenJDK17U-{flavour}_x64_linux_hotspot_{number}_{build}.tar.gz"
        url = f"https://github.com/adoptium/temurin17-binaries/releases/download/jdk-{number}%2B{build}/{file}"
        first, second = ((published, datetime.fromisoformat(at)) for published, at in rows)
        yield url, (first, second)
