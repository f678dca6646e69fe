"""Records of a distro's lines: what is written is read back, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from generator import catalogue
from generator.recorded_lines import dump_line, parse_line
from state.errors import CatalogueError
from state.model import Arch, ArchiveState, Base, OsLine, Version
from tests.generator.family import files

PATH = "catalogue/releases/debian/trixie.json"
SLIM = "docker.io/library/debian:trixie-slim"
RECORD = OsLine(
    "debian",
    "trixie",
    Version("13.2"),
    date(2025, 11, 15),
    supported_from=date(2025, 8, 9),
    supported_until=date(2031, 1, 1),
    bases=(Base(Arch.AARCH64, "docker.io/arm64v8/debian:trixie-slim"), Base(Arch.AMD64, SLIM, f"sha256:{'a' * 64}")),
    snapshot="20261121T005303Z",
    taken=date(2026, 11, 22),
    packages={"openssl": "3.5.7-1~deb13u3"},
    updates=ArchiveState("20261123T021446Z", date(2026, 11, 29), {"tzdata": "2026f-0+deb13u1"}),
)


def test_what_is_written_is_read_back() -> None:
    """One base and one package on each line of text; a digest that was not seen is not there."""
    text = dump_line(RECORD)
    assert parse_line(PATH, text.encode()) == RECORD
    assert '    {"name": "openssl", "version": "3.5.7-1~deb13u3"}\n' in text
    assert '    {"arch": "aarch64", "reference": "docker.io/arm64v8/debian:trixie-slim"},\n' in text
    rolling = OsLine("debian", "sid")
    assert dump_line(rolling) == '{\n  "source": "debian",\n  "line": "sid",\n  "bases": [],\n  "packages": []\n}\n'
    assert parse_line(PATH.replace("trixie", "sid"), dump_line(rolling).encode()) == rolling


def test_the_record_and_the_row_become_one() -> None:
    """Point release, digests and snapshot are the record's; upstream's end of support goes before the row's."""
    rows = catalogue.load({**files(), PATH: dump_line(RECORD).encode()})
    line = rows.distros["debian"].line("trixie")
    assert line
    assert (str(line.version), line.snapshot, line.supported_until) == (
        "13.2",
        "20261121T005303Z-20261123T021446Z",
        date(2031, 1, 1),
    )
    assert line.digests == {Arch.AMD64: f"sha256:{'a' * 64}"}
    assert rows.os_lines == {("debian", "trixie"): RECORD}
    assert not rows.lines("debian")  # no release of a stack


def test_a_record_needs_its_row() -> None:
    """What distros.toml does not have is recorded in vain."""
    path = PATH.replace("trixie", "potato")
    record = dump_line(OsLine("debian", "potato"))
    with pytest.raises(CatalogueError, match=r"potato\.json: line: debian has no version potato"):
        catalogue.load({**files(), path: record.encode()})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda d: d.update(line="sid"), "is that of"),
        (lambda d: d.update(version="newest"), "not a version"),
        (lambda d: d.update(published="soon"), "Invalid isoformat"),
        (lambda d: d.update(snapshot="today"), "must be a time"),
        (lambda d: d.update(lts=1), "must be a str"),
        (lambda d: d.update(extra="x"), "is not known here"),
        (lambda d: d.pop("bases"), "must be there"),
        (lambda d: d["bases"][0].update(digest="sha256:1"), "not a digest"),
        (lambda d: d["bases"][0].update(digest=1), "is not the reference"),
        (lambda d: d["bases"][0].update(reference="debian slim"), "is not the reference"),
        (lambda d: d["bases"][0].update(arch="vax"), "not a valid Arch"),
        (lambda d: d["packages"][0].update(name="`reboot`"), "is not of a package"),
    ],
)
def test_anything_else_is_refused_with_its_place(change: Callable[[dict[str, Any]], object], problem: str) -> None:
    """A person may edit it, and then reads what is wrong."""
    document = json.loads(dump_line(RECORD))
    change(document)
    with pytest.raises(CatalogueError, match=problem):
        parse_line(PATH, json.dumps(document).encode())
