"""Temurin's documents: what is read out of them, and what refuses them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from sources import openjdk, temurin
from sources.signatures import keyring
from state.errors import SourceError
from state.model import Release, Version
from tests.sources.openjdk_pages import (
    AVAILABLE,
    LINES,
    PAGE,
    RELEASES,
    copy,
    documents,
)


def newest(**named: Any) -> dict[str, Release]:
    """Return the newest release of each line."""
    return {r.line: r for r in openjdk.releases(documents(**named))}


def refusal(**named: Any) -> SourceError:
    """Return the error that documents with that change meet."""
    with pytest.raises(SourceError) as caught:
        openjdk.releases(documents(**named))
    assert caught.value.source == "openjdk"
    return caught.value


def test_one_page_is_asked_for_per_maintained_line() -> None:
    """Long-term lines, the newest and the one before, which may be long-term ones; all stay in available_releases."""
    asked = openjdk.more({"available": AVAILABLE})
    assert list(asked) == ["ga-8", "ga-11", "ga-17", "ga-21", "ga-25", "ga-26"]
    assert asked["ga-21"] == PAGE.format(21)
    both = LINES | {"most_recent_feature_release": 21}
    assert list(openjdk.more(documents(available=both))) == ["ga-8", "ga-11", "ga-20", "ga-21"]


def test_a_release_is_in_the_lines_of_both_flavours() -> None:
    """Version, day (of UTC), and whether the line is a long-term one. Neither end of support nor security is said."""
    found = newest()
    assert {line: (r.version.text, str(r.published), r.lts) for line, r in found.items()} == {
        "8-jdk": ("8.0.502+7", "2026-07-31", "LTS"),
        "8-jre": ("8.0.502+7", "2026-07-31", "LTS"),
        "11-jdk": ("11.0.22+7", "2024-01-18", "LTS"),
        "11-jre": ("11.0.22+7", "2024-01-18", "LTS"),
        "21-jdk": ("21.0.12.1+1", "2026-08-19", "LTS"),
        "21-jre": ("21.0.12.1+1", "2026-08-19", "LTS"),
        "25-jdk": ("25.0.4.1+1", "2026-08-19", ""),
        "25-jre": ("25.0.4.1+1", "2026-08-19", ""),
    }
    assert all((r.supported_until, r.security) == (None, False) for r in found.values())


def test_a_line_ends_when_the_next_one_comes() -> None:
    """No date of its end is stated: the first release that we see of the newest line says that it has come."""
    before, first = copy("jdk-25.0.4.1+1", release_name="jdk-24.0.2+12"), copy("jdk-25.0.4.1+1")
    for each, name in ((before, "24"), (first, "25")):
        for binary in each["binaries"]:
            package = binary["package"]
            package["link"] = package["link"].replace("25", name)
    first |= {"release_name": "jdk-25+36", "timestamp": "2025-09-19T10:00:00Z"}
    pages = documents(**{"ga-24": [before], "ga-25": [RELEASES["jdk-25.0.4.1+1"], first]})
    found = {r.version.text: r for r in openjdk.releases(pages) if r.line.endswith("-jdk")}
    ended, newest = found["24.0.2+12"], found["25.0.4.1+1"]
    assert (ended.supported_until, ended.supported(date(2025, 9, 20))) == (date(2025, 9, 19), False)
    assert (newest.supported_until, newest.maintained) == (None, True)


def test_the_newest_line_may_be_announced_before_it_has_a_release() -> None:
    """Its page is not there yet: the others are read, and the line before it has not ended."""
    before = copy("jdk-25.0.4.1+1")
    announced = {"available_lts_releases": [8, 11, 21], "most_recent_feature_release": 26}
    found = newest(available=announced, **{"ga-25": [before]})
    assert (found["25-jdk"].maintained, found["25-jdk"].supported_until, "26-jdk" in found) == (True, None, False)


def test_a_respin_for_other_systems_is_no_release() -> None:
    """jdk-11.0.22+7.1 is newer than +7, and was made for macOS alone."""
    versions = [r.version.text for r in openjdk.releases(documents()) if r.line == "11-jdk"]
    assert versions == ["11.0.22+7"]


def test_a_line_without_a_jre_has_none() -> None:
    """What upstream does not list is not made up."""
    only = copy("jdk-25.0.4.1+1")
    only["binaries"] = [b for b in only["binaries"] if b["image_type"] == "jdk"]
    found = openjdk.releases(documents(**{"ga-25": [only]}))
    assert {r.line for r in found if r.version.major == 25} == {"25-jdk"}


def test_other_kinds_of_files_are_passed_over() -> None:
    """Test images, sources and bills of material stand there too, unknown systems and fields as well."""
    made = copy("jdk-21.0.12+8", extra=1)
    made["binaries"] += [
        {"os": "linux", "architecture": "x64", "image_type": "testimage"},
        {"os": "linux", "architecture": "riscv64", "image_type": "jdk"},
    ]
    found = openjdk.releases(documents(**{"ga-21": [made]}))
    assert [r.line for r in found if r.version.text == "21.0.12+8"] == ["21-jdk", "21-jre"]


def test_download_counts_make_no_release() -> None:
    """They change at every poll: the bytes differ, the releases are equal."""
    counted = copy("jdk-21.0.12+8", download_count=7)
    before, after = (documents(**{"ga-21": [r]}) for r in (RELEASES["jdk-21.0.12+8"], counted))
    assert before != after
    assert openjdk.releases(before) == openjdk.releases(after)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("jdk-21.0.12+8", "21.0.12+8"),
        ("jdk-21+35", "21+35"),
        ("jdk-21.0.12.1+1", "21.0.12.1+1"),
        ("jdk-11.0.22+7.1", "11.0.22+7.1"),
        ("jdk8u502-b07", "8.0.502+7"),
        ("jdk8u422-b05.1", "8.0.422+5.1"),
        ("jdk8u302-b10", "8.0.302+10"),
    ],
)
def test_versions_lead_back_to_upstreams_spelling(name: str, version: str) -> None:
    """The spelling is needed for URLs."""
    line = int(version.partition(".")[0].partition("+")[0])
    made = copy("jdk-21.0.12+8", release_name=name)
    page = {"available": {"available_lts_releases": [], "most_recent_feature_release": line}, f"ga-{line}": [made]}
    found = openjdk.releases({f"ga-{line - 1}": b""} | {k: json.dumps(v).encode() for k, v in page.items()})
    assert {r.version.text for r in found} == {version}
    assert temurin.spelled(Version(version)) == name


def test_out_of_band_releases_and_respins_are_newer() -> None:
    """In the order that https://openjdk.org/jeps/322 gives them."""
    ordered = ["21+35", "21.0.1+12", "21.0.12+8", "21.0.12+8.1", "21.0.12+10", "21.0.12.1+1", "21.0.13+1"]
    assert sorted(ordered, key=Version) == ordered
    assert Version("8.0.422+5") < Version("8.0.422+5.1") < Version("8.0.432+6")


@pytest.mark.parametrize(
    ("field", "value", "place"),
    [
        ("release_type", "ea", "[0].release_type"),
        ("release_name", "jdk-21.0.13+1-ea-beta", "[0].release_name"),
        ("release_name", "jdk-21.0.13", "[0].release_name"),
        ("release_name", "jdk-22.0.1+8", "[0].release_name"),
        ("release_name", "jdk-21.0.12+8/../x", "[0].release_name"),
        ("release_name", "jdk8u502-b07", "[0].release_name"),
        ("release_name", None, "[0].release_name"),
        ("vendor", "alibaba", "[0].vendor"),
        ("timestamp", "2026-07-24", "[0].timestamp"),
        ("timestamp", "2026-07-24T15:51:55", "[0].timestamp"),
        ("timestamp", "2026-13-24T15:51:55Z", "[0].timestamp"),
        ("binaries", {}, "[0].binaries"),
    ],
)
def test_a_wrong_release_refuses_its_page(field: str, value: object, place: str) -> None:
    """Early access is never a release, whatever page it turns up on."""
    error = refusal(**{"ga-21": [copy("jdk-21.0.12+8", **{field: value})]})
    assert error.field == place
    assert "/feature_releases/21/ga?" in error.url


def test_what_stands_twice_is_refused() -> None:
    """A release in its page, or two files of one kind for one platform."""
    twice = RELEASES["jdk-21.0.12+8"]
    assert refusal(**{"ga-21": [twice, twice]}).field == "[1].release_name"
    made = copy("jdk-21.0.12+8")
    made["binaries"].append(made["binaries"][0])
    assert "a second jdk for amd64/glibc" in refusal(**{"ga-21": [made]}).problem


@pytest.mark.parametrize(
    "available",
    [{}, [], {"available_lts_releases": [8]}, LINES | {"most_recent_feature_release": True}]
    + [LINES | {"available_lts_releases": lts} for lts in (["21"], [7], [10**9], 21)],
)
def test_wrong_lines_are_refused(available: object) -> None:
    """They become part of URLs."""
    assert refusal(available=available).url == openjdk.DOCUMENTS["available"]


def test_java_8_has_a_spelling_of_its_own() -> None:
    """Another one would not lead back to upstream's."""
    assert refusal(**{"ga-8": [copy("jdk8u502-b07", release_name="jdk-8.0.502+7")]}).field == "[0].release_name"


@pytest.mark.parametrize(("body", "problem"), [([], "names no release"), (b"<html>", "HTML"), ({}, "is not a list")])
def test_a_page_without_releases_is_not_believed(body: Any, problem: str) -> None:
    """It would look as if everything had been withdrawn."""
    assert problem in refusal(**{"ga-21": body}).problem


def test_pages_without_a_file_for_our_systems_are_not_believed() -> None:
    """A line may begin with macOS; all of them at once may not."""
    respin = {"available": {"available_lts_releases": [], "most_recent_feature_release": 11}}
    assert "no release for our systems" in refusal(**respin, **{"ga-11": [RELEASES["jdk-11.0.22+7.1"]]}).problem


def test_links_lead_to_release_notes_and_comparison() -> None:
    """In upstream's spelling; respins have no tag in the sources."""
    assert openjdk.links("8.0.492+9", "8.0.502+7") == {
        "Release": "https://github.com/adoptium/temurin8-binaries/releases/tag/jdk8u502-b07",
        "Release notes": "https://adoptium.net/temurin/release-notes?version=jdk8u502-b07",
        "Comparison": "https://github.com/openjdk/jdk8u/compare/jdk8u492-b09...jdk8u502-b07",
    }
    assert openjdk.links("21.0.12+8", "21.0.12.1+1")["Release"].endswith("/jdk-21.0.12.1%2B1")
    assert "Comparison" not in openjdk.links(None, "21.0.12+8")
    assert "Comparison" not in openjdk.links("11.0.22+7", "11.0.22+7.1")


def test_the_key_of_the_signatures_is_shipped() -> None:
    """Each file has a signature by it since July 2022."""
    assert list(keyring("openjdk")) == ["3B04D753C9050D9A5D343F39843C48A565F8F04B"]
