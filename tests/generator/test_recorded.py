"""What the watcher writes of a release is what it reads, and a reviewer can read it too."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generator.recorded import dump_release, parse_release, release_path
from state.errors import CatalogueError
from state.model import Arch, Artifact, Checksum, Platform, Release, Version
from tests.generator.family import family

_numbers = st.integers(0, 99)
_versions = st.builds(
    lambda a, b, c, pre: Version(f"{a}.{b}.{c}{pre}"), _numbers, _numbers, _numbers, st.sampled_from(["", "-rc.1"])
)
_platforms = st.builds(Platform, st.sampled_from(list(Arch)), st.sampled_from(["glibc", "musl"]))
_artifacts = st.builds(
    lambda platform, **fields: Artifact(*platform, **fields),
    _platforms,
    version=_versions,
    url=st.text("az09AZ_~+%-", max_size=20).map(lambda name: f"https://nodejs.org/dist/{name}.tar.xz"),
    checksum=st.builds(lambda n: Checksum("sha256", f"{n:064x}"), st.integers(0, 2**256 - 1)),
    verified=st.text(max_size=60),
    signed=st.booleans(),
    size=st.none() | st.integers(1, 2**40),
)
_days = st.dates(date(1990, 1, 1))
_releases = st.builds(
    Release,
    source=st.sampled_from(["node", "go", "some-source.2"]),
    line=st.sampled_from(["22", "3.12", "21-jre", "1"]),
    version=_versions,
    published=_days,
    lts=st.text(max_size=20),
    security=st.booleans(),
    maintained=st.booleans(),
    supported_from=st.none() | _days,
    supported_until=st.none() | _days,
    artifacts=st.lists(_artifacts, max_size=6, unique_by=lambda a: a.platform).map(
        lambda found: tuple(sorted(found, key=lambda a: a.platform))
    ),
)  # fmt: skip


@given(_releases)
@settings(database=None, deadline=None, max_examples=60)
def test_a_release_comes_back_as_it_was_written(release: Release) -> None:
    """Whatever a release holds, reading what was written gives it back, and writing that the same text."""
    path, text = release_path(release.source, release.line), dump_release(release)
    assert parse_release(path, text.encode()) == release
    assert dump_release(parse_release(path, text.encode())) == text
    assert text.endswith("}\n")
    assert text.isascii()


def test_one_artifact_stands_on_one_line_in_a_fixed_order() -> None:
    """A late platform is a diff of one line, and the order never depends on upstream's."""
    release = family(lines=["22"]).releases["node", "22"]
    text = dump_release(release)
    rows = [json.loads(line.strip().rstrip(",")) for line in text.splitlines() if '"arch"' in line]
    assert [(row["arch"], row["libc"]) for row in rows] == sorted(a.platform for a in release.artifacts)
    assert list(rows[0]) == ["arch", "libc", "version", "url", "algorithm", "digest", "verified", "signed"]
    assert dump_release(replace(release, artifacts=release.artifacts[::-1])) == text


def test_a_release_without_artifacts_is_a_document_too() -> None:
    """Nothing looked up yet is not an error."""
    release = replace(family(lines=["22"]).releases["node", "22"], artifacts=())
    assert parse_release(release_path("node", "22"), dump_release(release).encode()) == release


PATH = release_path("node", "22")
WRONG = {
    "no JSON": ("{", "", "", "is not JSON"),
    "unknown key": ('"lts"', '"extra": 1,\n  "lts"', "extra", "not known"),
    "key twice": ('"lts"', '"line": "22",\n  "lts"', "", "stands twice"),
    "no boolean": ('"security": false', '"security": "no"', "security", "be a bool"),
    "no version": ('"version": "22.23.2",\n', '"version": "22.23.2; rm -rf",\n', "", "not a version"),
    "no day": ('"published": "2026-08-05"', '"published": "soon"', "", "isoformat"),
    "no end day": ('"supported_until": "2027-04-30"', '"supported_until": 2027', "", "not a date"),
    "no arch": ('"arch": "armv6"', '"arch": "arm"', "artifacts[3]", "arm"),
    "no libc": ('"libc": "musl"', '"libc": "bionic"', "artifacts[2].libc", "glibc or musl"),
    "artifact's unknown key": ('"signed": true', '"colour": 1, "signed": true', "artifacts[0].colour", "not known"),
    "short digest": ('"digest": "', '"digest": "f", "verified": "', "", "twice"),
    "no size": ('"signed": true', '"signed": true, "size": "7"', "artifacts[0].size", "number of bytes"),
    "size is no flag": ('"signed": true', '"signed": true, "size": true', "artifacts[0].size", "number of bytes"),
    "plain http": ('"url": "https:', '"url": "http:', "artifacts[0]", "https"),
    "platform twice": ('"arch": "armv6"', '"arch": "armv7hf"', "artifacts", "one platform twice"),
    "another line": ('"line": "22"', '"line": "24"', "line", "releases/node/24.json"),
    "hostile line": ('"line": "22"', '"line": "../22"', "line", "small letters"),
}


@pytest.mark.parametrize(("old", "new", "field", "problem"), WRONG.values(), ids=WRONG)
def test_a_wrong_document_is_refused_with_its_place(old: str, new: str, field: str, problem: str) -> None:
    """A recorded release that somebody edited by mistake is refused, with the field."""
    text = dump_release(family(lines=["22"]).releases["node", "22"])
    assert old in text
    with pytest.raises(CatalogueError) as caught:
        parse_release(PATH, text.replace(old, new, 1).encode())
    assert (caught.value.file, caught.value.field) == (PATH, field)
    assert problem in caught.value.problem


@pytest.mark.parametrize("data", [b"[]", b"null", b"\xff", b"[" * 100_000], ids=["array", "null", "bytes", "deep"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    """Any other document is an error of the catalogue, not of the program."""
    with pytest.raises(CatalogueError):
        parse_release(PATH, data)
