"""Python's documents: what was released and until when a line is supported, and what refuses them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import python
from state.errors import SourceError
from tests.sources.fuzz import FUZZ, broken_bytes, changed_json, outcome_of


def entry(stage: str, day: str, state: str = "actual", note: str = "") -> dict[str, str]:
    """Return one entry of the list of releases."""
    return {"stage": stage, "state": state, "date": day, "note": note}


CYCLE = {  # facts of 2026-08-06
    "3.15": {"status": "prerelease", "first_release": "2026-10-01", "end_of_life": "2031-10"},
    "3.14": {"status": "bugfix", "first_release": "2025-10-07", "end_of_life": "2030-10"},
    "3.12": {"status": "security", "first_release": "2023-10-02", "end_of_life": "2028-10"},
    "3.9": {"status": "end-of-life", "first_release": "2020-10-05", "end_of_life": "2025-10-31"},
}
RELEASES = {
    "metadata": {
        "3.15": {"end_of_bugfix": "2028-10-01"},
        "3.14": {"end_of_bugfix": "2027-10-07"},
        "3.12": {"end_of_bugfix": "2025-04-08"},
        "3.9": {"end_of_bugfix": "2022-05-17"},
    },
    "releases": {
        "3.9": [
            entry("3.9.0 beta 3", "2020-06-09", note="beta 2 was recalled."),
            entry("3.9.3 final", "2021-04-02", note="security hotfix; recalled due to bpo-43710"),
            entry("3.9.4 final", "2021-04-04", note="ABI compatibility hotfix"),
            entry("3.9.8 final", "2021-11-05", note="recalled due to bpo-45235"),
            entry("3.9.25 final", "2025-10-31"),
        ],
        "3.12": [
            entry("3.12.10", "2025-04-08"),
            entry("3.12.11", "2025-06-03"),
            entry("3.12.9", "2025-02-04"),
        ],
        "3.14": [
            entry("3.14.0 candidate 3", "2025-09-18"),
            entry("3.14.0", "2025-10-07"),
            entry("3.14.6", "2026-06-10"),
            entry("3.14.99", "2026-10-06", "expected"),
        ],
        "3.15": [entry("3.15.0 alpha 1", "2025-10-15"), entry("3.15.0", "2026-10-01", "expected")],
    },
}


def documents(**changed: Any) -> dict[str, bytes]:
    """Return the documents; *changed* are bytes, or JSON to be written."""
    found: dict[str, Any] = {"cycle": CYCLE, "releases": RELEASES} | changed
    return {name: v if isinstance(v, bytes) else json.dumps(v).encode() for name, v in found.items()}


def listing(line: str, *entries: object) -> dict[str, Any]:
    """Return the list of releases with one line only."""
    return {"metadata": {}, "releases": {line: list(entries)}}


def refusal(**changed: Any) -> SourceError:
    """Return the error that documents with that change meet."""
    with pytest.raises(SourceError) as caught:
        python.releases(documents(**changed))
    assert caught.value.source == "python"
    return caught.value


def test_only_what_was_really_released_is_a_release() -> None:
    """Neither expected nor early nor recalled ones; "final" belongs to no version; the order is that of versions."""
    found = [str(r.version) for r in python.releases(documents())]
    assert found == ["3.9.4", "3.9.25", "3.12.9", "3.12.10", "3.12.11", "3.14.0", "3.14.6"]


def test_a_release_carries_its_line_day_and_window() -> None:
    """An end that is only a month yet is the last day of that month."""
    found = {r.version.text: r for r in python.releases(documents())}
    newest = found["3.14.6"]
    assert (newest.line, newest.published, newest.lts) == ("3.14", date(2026, 6, 10), "")
    assert (newest.supported_from, newest.supported_until) == (date(2025, 10, 7), date(2030, 10, 31))
    assert found["3.9.25"].supported_until == date(2025, 10, 31)


def test_the_last_month_of_a_line_has_the_days_that_it_has() -> None:
    """A February too."""
    cycle = {"3.14": {"first_release": "2025-10-07", "end_of_life": "2028-02"}}
    assert {r.supported_until for r in python.releases(documents(cycle=cycle)) if r.line == "3.14"} == {
        date(2028, 2, 29)
    }


def test_after_the_end_of_bug_fixes_every_release_fixes_a_vulnerability() -> None:
    """The last bug fix release comes on that day itself; a hotfix says so in its note."""
    found = {r.version.text: r.security for r in python.releases(documents())}
    assert found == {
        "3.9.4": False,
        "3.9.25": True,
        "3.12.9": False,
        "3.12.10": False,
        "3.12.11": True,
        "3.14.0": False,
        "3.14.6": False,
    }
    noted = listing("3.14", entry("3.14.1", "2025-12-02", note="security hotfix"))
    assert [r.security for r in python.releases(documents(releases=noted))] == [True]


def test_a_line_that_the_cycle_does_not_know_has_no_window() -> None:
    """The two documents need not be of one age."""
    (release,) = python.releases(documents(releases=listing("3.20", entry("3.20.0", "2030-10-01"))))
    assert (release.supported_from, release.supported_until) == (None, None)


@pytest.mark.parametrize(
    "stage",
    [
        "3.14",
        "3.14.1 beta",
        "3.14.1 final 2",
        "3.12.1",
        "3.14.01",
        "3.14.1\n",
        "3.14.1t",
        "v3.14.1",
        "../3.14.1",
        7,
        None,
    ],
)
def test_a_strange_stage_refuses_the_list(stage: object) -> None:
    """Free-threaded variants are no versions, and no line holds another's."""
    strange = entry("3.14.0", "2025-10-07") | {"stage": stage}
    error = refusal(releases=listing("3.14", entry("3.14.0", "2025-10-07"), strange))
    assert (error.url, error.field) == (python.DOCUMENTS["releases"], "releases.3.14[1].stage")


@pytest.mark.parametrize(
    ("field", "value"), [("date", "2025-13-01"), ("date", "2025-10"), ("date", None), ("state", "soon"), ("note", None)]
)
def test_a_wrong_field_is_named(field: str, value: object) -> None:
    """Types and shapes are checked where something depends on them."""
    wrong = listing("3.14", entry("3.14.0", "2025-10-07") | {field: value})
    assert refusal(releases=wrong).field == f"releases.3.14[0].{field}"


def test_a_version_that_stands_there_twice_is_refused() -> None:
    """Whether with "final" or without."""
    twice = listing("3.14", entry("3.14.0", "2025-10-07"), entry("3.14.0 final", "2025-10-08"))
    assert "stands there twice" in refusal(releases=twice).problem


def test_a_list_with_nothing_released_is_not_believed() -> None:
    """It would look as if everything had been withdrawn."""
    expected = listing("3.15", entry("3.15.0", "2026-10-01", "expected"))
    assert refusal(releases=expected).problem == "names no release"


@pytest.mark.parametrize("end", ["2030-13", "0000-01", "2030", "2030-10-32", "TBD", None])
def test_a_wrong_end_of_life_refuses_the_cycle(end: object) -> None:
    """Support windows decide what is proposed and removed."""
    error = refusal(cycle={"3.14": {"first_release": "2025-10-07", "end_of_life": end}})
    assert (error.url, error.field) == (python.DOCUMENTS["cycle"], "3.14.end_of_life")


@pytest.mark.parametrize("name", ["cycle", "releases"])
def test_a_page_or_a_throttled_answer_is_no_document(name: str) -> None:
    """A sign-in page with status 200, or the API's words about too many requests."""
    assert "HTML page" in refusal(**{name: b"<!DOCTYPE html>"}).problem
    throttled = b'{"detail": "Request was throttled. Expected available in 42578 seconds."}'
    assert refusal(**{name: throttled}).url == python.DOCUMENTS[name]


def test_the_api_with_its_limit_is_never_asked() -> None:
    """100 requests a day and address: all that is polled is static."""
    assert {url.split("/")[2] for url in python.DOCUMENTS.values()} == {"peps.python.org"}
    assert python.more(documents()) == {}


def test_links_lead_to_notes_and_comparison() -> None:
    """A reviewer reads upstream's words."""
    links = python.links("3.14.5", "3.14.6")
    assert links["Release notes"] == "https://www.python.org/downloads/release/python-3146/"
    assert links["Comparison"] == "https://github.com/python/cpython/compare/v3.14.5...v3.14.6"
    assert "Comparison" not in python.links(None, "3.14.6")


@FUZZ
@given(data=st.data(), name=st.sampled_from(["cycle", "releases"]), breaking=st.booleans())
def test_any_change_is_read_or_refused(data: st.DataObject, name: str, breaking: bool) -> None:  # noqa: FBT001
    """Releases, or an error that names source, URL and problem. Nothing else."""
    body = documents()[name]
    body = broken_bytes(data, body) if breaking else changed_json(data, body)
    outcome = outcome_of(lambda: python.releases(documents(**{name: body})))
    if isinstance(outcome, SourceError):
        assert (outcome.source, bool(outcome.problem)) == ("python", True)
        assert outcome.url in python.DOCUMENTS.values()
        assert str(outcome).encode()
    else:
        assert outcome
        assert all(r.version.text.startswith(f"{r.line}.") and not r.version.is_prerelease for r in outcome)
