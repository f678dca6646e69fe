"""Go's list and history: which releases there are, since when and how long, and what refuses them."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import go
from state.errors import SourceError
from tests.sources.fuzz import FUZZ, broken_bytes, changed_json, outcome_of

FACTS = {  # version → day, and whether it fixed a vulnerability
    (1, 27, 0): ("2026-08-19", False),
    (1, 26, 7): ("2026-08-19", False),
    (1, 25, 14): ("2026-08-19", False),
    (1, 26, 6): ("2026-08-13", True),
    (1, 25, 13): ("2026-08-13", True),
    (1, 26, 0): ("2026-02-10", False),
    (1, 25, 0): ("2025-08-12", False),
}


def literal(version: tuple[int, int, int], day: str, *more: str) -> str:
    """Return one entry of the history as gofmt leaves it."""
    (year, month, number), (x, y, z) = map(int, day.split("-")), version
    head = f"Date: Date{{{year}, {month}, {number}}}, Version: Version{{{x}, {y}, {z}}},"
    return "".join(["\t{\n", *(f"\t\t{line}\n" for line in (head, *more)), "\t},\n"])


def history(*entries: str) -> bytes:
    """Return a document of those entries."""
    head = 'package history\n\nimport "html/template"\n\nvar Releases = []*Release{\n'
    return (head + "".join(entries) + "}\n").encode()


FIXES = ("Security: &FixSummary{", '\tPackages: []string{"net/http"},', "},")
HISTORY = history(*(literal(v, day, *(FIXES if fixes else ())) for v, (day, fixes) in FACTS.items()))


def file(version: str, build: str, **changed: Any) -> dict[str, Any]:
    """Return one file of the list."""
    name = f"{version}.linux-{build}.tar.gz"
    made = {"filename": name, "os": "linux", "arch": build, "version": version, "sha256": "a" * 64, "size": 1}
    return made | {"kind": "archive"} | changed


def listing(*versions: str, **changed: Any) -> list[dict[str, Any]]:
    """Return a list of *versions*, each with one file with that *changed*."""
    return [
        {"version": v, "stable": not ("rc" in v or "beta" in v), "files": [file(v, "amd64", **changed)]}
        for v in versions
    ]


LIST = listing("go1.27.0", "go1.26.7")


def documents(**changed: Any) -> dict[str, bytes]:
    """Return the documents; *changed* are bytes, or JSON to be written."""
    found: dict[str, Any] = {"list": LIST, "history": HISTORY} | changed
    return {name: v if isinstance(v, bytes) else json.dumps(v).encode() for name, v in found.items()}


def refusal(**changed: Any) -> SourceError:
    """Return the error that documents with that change meet."""
    with pytest.raises(SourceError) as caught:
        go.releases(documents(**changed))
    assert caught.value.source == "go"
    return caught.value


def test_releases_come_from_the_history() -> None:
    """Day and security, in the order of versions; the list has neither, and forgets a line's last release."""
    found = [(str(r.version), r.line, str(r.published), r.security) for r in go.releases(documents())]
    assert found == [
        ("1.25.0", "1.25", "2025-08-12", False),
        ("1.25.13", "1.25", "2026-08-13", True),
        ("1.25.14", "1.25", "2026-08-19", False),
        ("1.26.0", "1.26", "2026-02-10", False),
        ("1.26.6", "1.26", "2026-08-13", True),
        ("1.26.7", "1.26", "2026-08-19", False),
        ("1.27.0", "1.27", "2026-08-19", False),
    ]


def test_a_line_ends_on_the_day_of_the_second_newer_one() -> None:
    """Its last release may come on that very day; the two newest lines have no end yet, and none is invented."""
    windows = {r.line: (r.supported_from, r.supported_until) for r in go.releases(documents())}
    assert windows == {
        "1.25": (date(2025, 8, 12), date(2026, 8, 19)),
        "1.26": (date(2026, 2, 10), None),
        "1.27": (date(2026, 8, 19), None),
    }


def test_until_1_20_the_first_release_of_a_line_has_no_patch_number() -> None:
    """The history counts three numbers for all, file names do not."""
    days = {(1, 21, 0): "2023-08-08", (1, 20, 1): "2023-02-14", (1, 20, 0): "2023-02-01", (1, 0, 0): "2012-03-28"}
    body = history(*(literal(version, day) for version, day in days.items()))
    found = go.releases(documents(list=listing("go1.21.0", "go1.20.1", "go1.20", "go1"), history=body))
    assert [(str(r.version), r.line) for r in found] == [
        ("1", "1.0"),
        ("1.20", "1.20"),
        ("1.20.1", "1.20"),
        ("1.21.0", "1.21"),
    ]


def test_candidates_and_betas_are_passed_over() -> None:
    """The whole list has them, and has no stable one of their line."""
    found = go.releases(documents(list=[*LIST, *listing("go1.28rc1", "go1.28beta1", "go1.9.2rc2")]))
    assert all(r.line != "1.28" and not r.version.is_prerelease for r in found)


def test_a_release_to_come_is_none() -> None:
    """The history may announce one; it ends no line's support."""
    body = HISTORY.replace(b"{\n\t{", b"{\n" + literal((1, 28, 0), "2027-02-01", "Future: true,").encode() + b"\t{", 1)
    found = go.releases(documents(history=body))
    assert ({r.line for r in found}, found[-3].supported_until) == ({"1.25", "1.26", "1.27"}, None)


def test_words_about_a_release_are_no_fields_of_it() -> None:
    """Texts between backquotes run over lines that begin where they like."""
    words = ("Bug: &FixSummary{}, // Future: no", "More: `It is said that", "Security: matters", "\t}, too.`,")
    body = literal((1, 26, 0), "2026-02-10", *words).replace("\t\tSecurity: matters", "Security: matters")
    (release,) = go.releases(documents(list=[], history=history(body)))
    assert (release.version.text, release.security) == ("1.26.0", False)


def test_remarks_between_the_entries_are_passed_over() -> None:
    """As there is one before the releases older than 1.9."""
    body = HISTORY.replace(b"\t},\n", b"\t},\n\n\t// Older releases.\n\t// See elsewhere.\n", 2)
    assert go.releases(documents(history=body)) == go.releases(documents())


def test_a_list_ahead_of_the_history_waits_for_it() -> None:
    """No day is made up: the kept list holds until the history has it, and the status says why."""
    error = refusal(list=listing("go1.27.1", "go1.26.8"))
    assert error.url == go.DOCUMENTS["list"]
    assert error.problem == "has go1.27.1, which the release history does not date yet"


@pytest.mark.parametrize(
    "version", ["go1.27.0/..", "1.27.0", "go1.27.0 ", "go1.27.00", "go01.27", "go1.27-rc1", 7, None]
)
def test_a_hostile_version_refuses_the_list(version: object) -> None:
    """Nothing of such a document is used, and the place is named."""
    error = refusal(list=[*LIST, {"version": version, "stable": True, "files": []}])
    assert (error.url, error.field) == (go.DOCUMENTS["list"], "[2].version")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"filename": "go1.27.0.linux-arm64.tar.gz"}, "filename"),
        ({"filename": "../go1.27.0.linux-amd64.tar.gz"}, "filename"),
        ({"arch": "$(id)", "filename": "go1.27.0.linux-$(id).tar.gz"}, "filename"),
        ({"sha256": "A" * 64}, "sha256"),
        ({"sha256": "a" * 40}, "sha256"),
        ({"sha256": None}, "sha256"),
        ({"os": None}, "os"),
    ],
)
def test_a_wrong_file_is_named(change: dict[str, object], field: str) -> None:
    """A name leads to a URL, a digest to what is installed."""
    assert refusal(list=listing("go1.27.0", **change)).field == f"[0].files[0].{field}"


def test_what_stands_twice_or_contradicts_itself_is_refused() -> None:
    """Which of the two would hold is not for us to guess."""
    assert "twice" in refusal(list=[*LIST, *LIST]).problem
    twice = [{"version": "go1.27.0", "stable": True, "files": [file("go1.27.0", "amd64")] * 2}]
    assert refusal(list=twice).field == "[0].files[1].filename"
    assert refusal(list=[LIST[0] | {"stable": False}]).field == "[0].stable"
    assert "second entry of 1.26.0" in refusal(history=history(*[literal((1, 26, 0), "2026-02-10")] * 2)).problem


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<!DOCTYPE html>",
        history(),
        HISTORY.replace(b"\t", b"    "),
        HISTORY.replace(b"Date{2026, 8, 19}", b"Date{2026, 8, 32}"),
        HISTORY.replace(b"Date{2026, 8, 19}", b"day(2026, 8, 19)"),
        HISTORY.replace(b"\t},\n", b"\t},\n\n\tVersion: Version{1, 30, 0},\n", 1),
        HISTORY[:-20],
        HISTORY[: HISTORY.rindex(b"\t{")],
        HISTORY.replace(b"\t},\n\t{\n", b"", 1),
        HISTORY.replace(b"\t},\n", b"\t}, // and so on\n", 1),
    ],
)
def test_a_history_of_another_form_is_refused(body: bytes) -> None:
    """It is a program's source: read as the table that it is today, or not at all."""
    assert refusal(history=body).url == go.DOCUMENTS["history"]


@pytest.mark.parametrize("body", [b"<!DOCTYPE html>", b"{}", b"", b"[1]"])
def test_a_list_that_is_none_is_refused(body: bytes) -> None:
    """A sign-in page, or another document."""
    assert refusal(list=body).url == go.DOCUMENTS["list"]


def test_links_lead_to_notes_and_comparison() -> None:
    """A reviewer reads upstream's words."""
    links = go.links("1.26.6", "1.26.7")
    assert links["Release notes"] == "https://go.dev/doc/devel/release#go1.26.7"
    assert links["Comparison"] == "https://github.com/golang/go/compare/go1.26.6...go1.26.7"
    assert "Comparison" not in go.links(None, "1.26.7")
    assert go.more(documents()) == {}


@FUZZ
@given(data=st.data(), name=st.sampled_from(["list", "history"]), breaking=st.booleans())
def test_any_change_is_read_or_refused(data: st.DataObject, name: str, breaking: bool) -> None:  # noqa: FBT001
    """Releases, or an error that names source, URL and problem. Nothing else."""
    body = documents()[name]
    body = broken_bytes(data, body) if breaking or name == "history" else changed_json(data, body)
    outcome = outcome_of(lambda: go.releases(documents(**{name: body})))
    if isinstance(outcome, SourceError):
        assert (outcome.source, bool(outcome.problem)) == ("go", True)
        assert outcome.url in go.DOCUMENTS.values()
        assert str(outcome).encode()
    else:
        assert outcome
        assert all(f"{r.version}.".startswith(f"{r.line}.") and not r.version.is_prerelease for r in outcome)
