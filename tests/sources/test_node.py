"""Node's documents: what is read out of them, and what refuses them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sources import SOURCES, node
from state.errors import SourceError
from tests.sources.pages import Pages
from tests.upstream.layout import BUNDLED


def documents(**changed: Any) -> dict[str, bytes]:
    """Return the bundled documents of 2026-08; *changed* are bytes, or JSON to be written."""
    found = {
        "index": (BUNDLED / "dist-index.2026-08-05.json").read_bytes(),
        "unofficial": b"[]",
        "schedule": (BUNDLED / "schedule.2026-06-01.json").read_bytes(),
    }
    return found | {k: v if isinstance(v, bytes) else json.dumps(v).encode() for k, v in changed.items()}


def entry(**changed: Any) -> dict[str, Any]:
    """Return one entry of the index."""
    return {"version": "v22.11.0", "date": "2024-10-29", "files": [], "lts": "Jod", "security": False} | changed


def refusal(**changed: Any) -> SourceError:
    """Return the error that documents with that change meet."""
    with pytest.raises(SourceError) as caught:
        node.releases(documents(**changed))
    assert caught.value.source == "node"
    return caught.value


def test_a_release_carries_what_both_documents_say() -> None:
    """Version, line, day, code name, security and the window of support."""
    found = {r.version.text: r for r in node.releases(documents())}
    security = found["22.23.2"]
    assert (security.line, security.published, security.lts, security.security) == (
        "22",
        date(2026, 7, 29),
        "Jod",
        True,
    )
    assert (security.supported_from, security.supported_until) == (date(2024, 4, 24), date(2027, 4, 30))
    assert (found["26.7.0"].lts, found["26.7.0"].security) == ("", False)


def test_releases_come_in_the_order_of_versions_without_v0() -> None:
    """Upstream's own order is no promise, and two-part lines are of no interest."""
    index = [entry(version=v) for v in ("v22.9.0", "v0.12.18", "v22.11.0", "v4.9.1", "v22.10.0")]
    assert [str(r.version) for r in node.releases(documents(index=index))] == ["4.9.1", "22.9.0", "22.10.0", "22.11.0"]


def test_supported_lines_follow_the_schedule() -> None:
    """On a day of August 2026: 22, 24 and 26."""
    supported = {r.line for r in node.releases(documents()) if r.supported(date(2026, 8, 5))}
    assert supported == {"22", "24", "26"}


def test_a_line_that_the_schedule_does_not_know_has_no_window() -> None:
    """A new major may be in the index first."""
    (release,) = node.releases(documents(index=[entry(version="v99.0.0", lts=False)]))
    assert (release.supported_from, release.supported_until) == (None, None)


def test_unknown_fields_are_ignored() -> None:
    """Upstreams add fields: to the index, to the schedule (v27's alpha), to nobody's harm."""
    schedule = {"v22": {"start": "2024-04-24", "end": "2027-04-30", "alpha": "2024-01-01", "codename": "", "x": [1]}}
    index = [entry(sbom={"url": "https://nodejs.org/"}, files=None, npm=7)]
    (release,) = node.releases(documents(index=index, schedule=schedule))
    assert release.supported_until == date(2027, 4, 30)


def test_older_entries_may_lack_lts_and_security() -> None:
    """Dumps of before 2018 have neither."""
    (release,) = node.releases(documents(index=[{"version": "v8.0.0", "date": "2017-05-30"}]))
    assert (release.lts, release.security) == ("", False)


def test_prereleases_are_passed_over() -> None:
    """Release candidates and nightlies are not for images."""
    index = [entry(version="v26.0.0-rc.1"), entry(version="v24.0.0-nightly20241031996708042b"), entry()]
    assert [str(r.version) for r in node.releases(documents(index=index))] == ["22.11.0"]


@pytest.mark.parametrize(
    "version",
    ["v../../x", "v1.0.0$(id)", "v22.11", "22.11.0", "v22.11.0\n", "v22.011.0", "v22.11.0/..", "v٢٢.0.0", 7, None],
)
def test_a_hostile_version_refuses_the_index(version: object) -> None:
    """Nothing of such a document is used, and the place is named."""
    error = refusal(index=[entry(), entry(version=version)])
    assert (error.url, error.field) == (node.DOCUMENTS["index"], "[1].version")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("date", "2024-13-01"),
        ("date", "20241029"),
        ("date", "2024-10-29T00:00:00"),
        ("date", None),
        ("lts", True),
        ("lts", 0),
        ("lts", "Jod](https://evil.test)"),
        ("lts", "\ud800"),
        ("security", "yes"),
    ],
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    """Types and shapes are checked where something depends on them."""
    assert refusal(index=[entry(**{field: value})]).field == f"[0].{field}"


@pytest.mark.parametrize("name", ["index", "unofficial", "schedule"])
@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<!DOCTYPE html><html></html>", "an HTML page"),
        (b'[{"version": "v22.1', "not JSON"),
        (b"\xff\xfe[]", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[" + b"9" * 5000 + b"]", "not JSON"),
        (b"", "not JSON"),
        (b"null", "is not a"),
        (b'"x"', "is not a"),
    ],
)
def test_a_body_that_is_no_such_document_is_named(name: str, body: bytes, problem: str) -> None:
    """A sign-in page with status 200, a truncated or a foreign body: source, URL and what it is."""
    error = refusal(**{name: body})
    assert error.url == node.DOCUMENTS[name]
    assert problem in error.problem


def test_an_index_with_nothing_in_it_is_not_believed() -> None:
    """It would look as if everything had been withdrawn."""
    assert refusal(index=[]).problem == "names no release"


def test_a_version_that_stands_there_twice_is_refused() -> None:
    """Which of the two would hold is not for us to guess."""
    assert refusal(index=[entry(), entry(date="2024-10-30")]).field == "[1].version"


@pytest.mark.parametrize(
    ("schedule", "field"),
    [
        ({"v22": {"start": "2024-04-24"}}, "v22.end"),
        ({"v22": {"start": "soon", "end": "2027-04-30"}}, "v22.start"),
        ({"v22": []}, "v22"),
        ({"v../x": {"start": "2024-04-24", "end": "2027-04-30"}}, "'v../x'"),
    ],
)
def test_a_wrong_schedule_is_refused(schedule: object, field: str) -> None:
    """Support windows decide what is proposed and removed."""
    error = refusal(schedule=schedule)
    assert (error.url, error.field) == (node.DOCUMENTS["schedule"], field)


def test_links_lead_to_notes_and_comparison() -> None:
    """A reviewer reads upstream's words; a first version has nothing to be compared with."""
    links = node.links("22.11.0", "22.11.1")
    assert links["Comparison"] == "https://github.com/nodejs/node/compare/v22.11.0...v22.11.1"
    assert links["Release notes"] == "https://nodejs.org/en/blog/release/v22.11.1"
    assert links["Changelog"].endswith("/CHANGELOG_V22.md#22.11.1")
    assert "Comparison" not in node.links(None, "22.11.1")


async def test_documents_that_nobody_signs_are_read_as_they_are() -> None:
    """Node signs its lists of digests: the index only says that there is something to look at."""
    given = documents()
    assert await node.verify(given, Pages({}), datetime(2026, 8, 5, tzinfo=UTC)) is given


def test_every_source_goes_by_its_own_name() -> None:
    """People type the key, errors say the name."""
    assert all(name == source.NAME for name, source in SOURCES.items())
