"""Alpine's documents: real listings, and a list of releases whose versions and days are real in upstream's shape."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from sources import alpine
from state.errors import SourceError
from state.model import Version

RECORDED = Path(__file__).parent / "alpine"
CDN = "https://dl-cdn.alpinelinux.org/alpine"
LISTING = (RECORDED / "v3.24-aarch64.yaml").read_bytes()


def site(**changed: Any) -> dict[str, Any]:
    """Return the list of releases; *changed* replaces members of branch v3.24."""
    document: dict[str, Any] = json.loads((RECORDED / "releases.json").read_bytes())
    document["release_branches"][1] |= changed
    return document


def documents(document: Any = None, **listings: bytes) -> dict[str, bytes]:
    """Return the site's list, and *listings* by ``v3_24__aarch64``."""
    found = {"releases": json.dumps(site() if document is None else document).encode()}
    return found | {name.replace("__", "/").replace("_", "."): body for name, body in listings.items()}


def refusal(found: dict[str, bytes]) -> SourceError:
    """Return the error that these documents meet."""
    with pytest.raises(SourceError) as caught:
        alpine.releases(found)
    return caught.value


def versions(found: dict[str, bytes], line: str) -> list[str]:
    """Return the versions of a line."""
    return [r.version.text for r in alpine.releases(found) if r.line == line]


def test_a_release_carries_what_the_site_says() -> None:
    """Line, day, and the branch's own window of support; no branch is a long-term one."""
    (release,) = [r for r in alpine.releases(documents()) if r.version == Version("3.24.1")]
    assert (release.line, release.published, release.lts, release.security) == ("3.24", date(2026, 6, 13), "", False)
    assert (release.supported_from, release.supported_until) == (date(2026, 6, 9), date(2028, 6, 1))


def test_3_20_10_is_newer_than_3_20_9() -> None:
    """Versions are compared by their numbers, and 3.20 is not 3.2."""
    assert versions(documents(), "3.20") == ["3.20.9", "3.20.10"]
    assert {r.line for r in alpine.releases(documents())} == {"3.13", "3.20", "3.21", "3.24"}


def test_edge_is_no_release() -> None:
    """It is a snapshot of the day; and what is beside the branches (latest-stable) is never asked for."""
    assert not [r for r in alpine.releases(documents()) if "edge" in r.line]
    assert not [name for name in alpine.more(documents()) if not name.startswith("v3.")]


def test_each_supported_branch_is_asked_for_by_architecture() -> None:
    """Those whose support had not ended when the newest release came out, for our five architectures."""
    urls = alpine.more(documents())
    assert {name.partition("/")[0] for name in urls} == {"v3.21", "v3.24"}
    assert {name.partition("/")[2] for name in urls} == {"x86_64", "x86", "aarch64", "armv7", "armhf"}
    assert urls["v3.24/armhf"] == f"{CDN}/v3.24/releases/armhf/latest-releases.yaml"


def test_an_architecture_that_a_branch_drops_is_not_asked_for() -> None:
    """A listing that cannot be there would count as a failure."""
    assert "v3.24/x86" not in alpine.more(documents(site(arches=["x86_64", "aarch64"])))


def test_a_listing_may_be_ahead_of_the_site() -> None:
    """3.24.2 of aarch64 was there in September 2026; a listing that is not there yet is no trouble."""
    found = documents(v3_24__aarch64=LISTING, v3_24__x86_64=b"")
    assert versions(found, "3.24") == ["3.24.0", "3.24.1", "3.24.2"]
    newest = alpine.releases(found)[-1]
    assert (newest.published, newest.supported_until) == (date(2026, 9, 17), date(2028, 6, 1))


def test_every_scalar_of_a_listing_is_a_text() -> None:
    """YAML's own types would make 3.20 the number 3.2, and the day a date."""
    listing = b"- {flavor: alpine-minirootfs, arch: x86, version: 3.20, date: 2024-05-22}\n"
    assert versions(documents(v3_20__x86=listing), "3.20") == ["3.20", "3.20.9", "3.20.10"]


def test_candidates_and_branches_without_a_release_are_passed_over() -> None:
    """A branch has candidates, and may be listed, before it is released."""
    listing = LISTING.replace(b"version: 3.24.2", b"version: 3.24.0_rc1")
    assert versions(documents(v3_24__aarch64=listing), "3.24") == ["3.24.0", "3.24.1"]
    unborn = site()
    unborn["release_branches"].insert(1, {"rel_branch": "v3.25", "releases": []})
    assert "3.25" not in {r.line for r in alpine.releases(documents(unborn))}
    assert "v3.25/x86" not in alpine.more(documents(unborn))


@pytest.mark.parametrize("flavor", ["alpine-minirootfs2", "alpine-uboot", "alpine-mini-root"])
def test_only_the_mini_root_file_system_counts(flavor: str) -> None:
    """Its flavor is exactly alpine-minirootfs; a listing without it is no listing."""
    error = refusal(
        documents(v3_24__aarch64=LISTING.replace(b"flavor: alpine-minirootfs", f"flavor: {flavor}".encode()))
    )
    assert (error.url, error.problem) == (
        f"{CDN}/v3.24/releases/aarch64/latest-releases.yaml",
        "has 0 mini root file systems, not one",
    )


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"eol_date": None}, ".eol_date"),
        ({"eol_date": "soon"}, ".eol_date"),
        ({"branch_date": 20260609}, ".branch_date"),
        ({"releases": {}}, ".releases"),
        ({"releases": [{"version": "3.23.9", "date": "2026-06-09"}]}, ".releases[0].version"),
        ({"releases": [{"version": "3.24.1; id", "date": "2026-06-09"}]}, ".releases[0].version"),
        ({"releases": [{"version": "3.24.1"}]}, ".releases[0].date"),
        ({"rel_branch": "v3.21"}, None),
        ({"rel_branch": "v3.24/.."}, ".rel_branch"),
        ({"rel_branch": "latest-stable"}, ".rel_branch"),
    ],
)
def test_a_wrong_field_of_the_site_is_named(changed: dict[str, Any], field: str | None) -> None:
    """A window that vanished, a version of another branch, a hostile one, a branch that stands there twice."""
    error = refusal(documents(site(**changed)))
    assert error.url == alpine.DOCUMENTS["releases"]
    assert error.field == (f"release_branches[1]{field}" if field else "release_branches[2].rel_branch") or not field


@pytest.mark.parametrize(
    ("was", "now", "field"),
    [
        (b"version: 3.24.2", b"version: 3.25.0", "[1].version"),
        (b"version: 3.24.2", b"version: 3.24.2$(id)", "[1].version"),
        (b"version: 3.24.2", b"version: [3, 24]", "[1].version"),
        (b"date: 2026-09-17", b"date: 2026-09-17 10:00", "[1].date"),
        (b"arch: aarch64\n  version", b"arch: x86\n  version", "[1].arch"),
        (b"---", b"--- {", ""),
        (b"---", b"<html>", ""),
        (b"---", b"--- &a [*a, {? [1] : 2}]\n---", ""),
        (b"---", b"[" * 2000, ""),
    ],
)
def test_a_wrong_listing_is_refused(was: bytes, now: bytes, field: str) -> None:
    """The listing of another branch (latest-stable moves) or architecture, hostile texts, no YAML."""
    error = refusal(documents(v3_24__aarch64=LISTING.replace(was, now)))
    assert (error.url, error.field) == (f"{CDN}/v3.24/releases/aarch64/latest-releases.yaml", field)


def test_a_listing_of_a_megabyte_is_not_parsed() -> None:
    """The parser would take half a minute for it."""
    assert "longer than" in refusal(documents(v3_24__aarch64=b"- " * (1 << 20))).problem


def test_links_lead_to_releases_and_comparison() -> None:
    """The site names its posts by no rule; the package tree has a tag per release."""
    assert alpine.links("3.24.1", "3.24.2")["Comparison"].endswith("/compare/v3.24.1...v3.24.2")
    assert "Comparison" not in alpine.links(None, "3.24.2")


def test_the_recorded_pair_gives_both_releases() -> None:
    """What one architecture has is a release, whoever has it first."""
    found = json.loads(documents()["releases"])
    found["release_branches"][4]["releases"] = [{"version": "3.13.3", "date": "2021-03-25"}]
    pair = {"v3_13__aarch64": (RECORDED / "v3.13-aarch64.yaml").read_bytes()}
    pair["v3_13__x86"] = (RECORDED / "v3.13-x86.yaml").read_bytes()
    assert versions(documents(found, **pair), "3.13") == ["3.13.3", "3.13.4", "3.13.5"]
