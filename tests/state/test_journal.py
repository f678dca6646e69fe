"""The journal."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from datetime import date, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from state.events import (
    BuildPlanned,
    ChangeSkipped,
    DistroMoved,
    Event,
    FeedFailed,
    ImageTagged,
    Notice,
    ProposalObsolete,
    PullRequestOpened,
    ReleaseHeld,
    SupportEnded,
)
from state.model import Arch, Artifact, Base, Checksum, OsLine, Release, Skipped, Version
from state.store import Store
from state.store.journal import Unreadable, decode, encode, source_of
from tests.state.facts import LATER, NOW, held, pull_request, release

ENDED = SupportEnded("node", "20", "20.1.0", "2026-04-30")

number = st.integers(0, 999)
# Offsets, not zones: Python says that an hour which a zone repeats in autumn equals no time of another zone.
OFFSETS = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
texts = st.text(st.characters(exclude_categories=["Cs"]))
st.register_type_strategy(str, texts)
st.register_type_strategy(BuildPlanned, st.builds(BuildPlanned, counts=st.dictionaries(texts, st.integers(0, 1 << 40))))
st.register_type_strategy(ImageTagged, st.builds(ImageTagged, tags=st.dictionaries(texts, texts)))
st.register_type_strategy(Version, st.builds(lambda a, b, c: Version(f"{a}.{b}.{c}"), number, number, number))
st.register_type_strategy(
    Checksum, st.builds(Checksum, st.just("sha256"), st.text("0123456789abcdef", min_size=64, max_size=64))
)
st.register_type_strategy(
    datetime,
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=OFFSETS),  # noqa: DTZ001
)
st.register_type_strategy(
    Artifact,
    st.builds(
        Artifact,
        url=st.from_regex(r"\Ahttps://[a-z]{1,9}\.org/[a-z0-9/_~+%-]{0,40}\Z"),
        size=st.none() | st.integers(1, 1 << 40),
    ),
)
st.register_type_strategy(
    Release,
    st.builds(
        Release,
        line=st.from_regex(r"\A[0-9]{1,3}(-jdk)?\Z"),
        supported_from=st.none() | st.dates(date(2000, 1, 1)),
        artifacts=st.lists(st.from_type(Artifact), max_size=2).map(tuple),
    ),
)

st.register_type_strategy(
    Base,
    st.builds(Base, digest=st.just("") | st.text("0123456789abcdef", min_size=64, max_size=64).map("sha256:{}".format)),
)
st.register_type_strategy(
    DistroMoved,
    st.builds(
        DistroMoved,
        lines=st.lists(st.builds(OsLine, packages=st.dictionaries(texts, texts, max_size=2)), max_size=2).map(tuple),
        absent=st.dictionaries(st.sampled_from(Arch), texts),
    ),
)
st.register_type_strategy(float, st.floats(allow_nan=False))  # what is no number is not equal to itself


@settings(deadline=None, max_examples=60, database=None)
@given(st.data())
@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_event_comes_back_as_it_was(kind: type[Event], data: Any) -> None:
    """What is written to the journal is what is read from it, for every kind of event and any text in it."""
    event = data.draw(st.from_type(kind))
    assert decode(kind.__name__, encode(event)) == event


@pytest.mark.parametrize("kind", get_args(Event), ids=lambda kind: kind.__name__)
def test_every_event_is_of_a_source(kind: type[Event]) -> None:
    """The source column is filled whatever noun an event carries."""
    inner = {"held": held(), "skipped": Skipped("node", "1", "1.2.3", "why"), "pull": pull_request(), "lines": ()}
    values = {f.name: inner.get(f.name, "node") for f in fields(kind) if _needed(f)}
    assert source_of(kind(**values)) == "node"  # type: ignore[arg-type]


def _needed(field: Field[Any]) -> bool:
    """Whether an event cannot be made without it, or is known by it."""
    return field.name == "source" or (field.default is MISSING and field.default_factory is MISSING)


def test_recorded_events_are_there_after_reopening(url: str) -> None:
    """An event that was recorded is unfinished, in order, for the next process."""
    other = SupportEnded("go", "1.25", "1.25.14", "2026-08-19")
    with Store.open(url) as store:
        recorded = store.record([ENDED, other], NOW)
    with Store.open(url) as store:
        assert store.unfinished() == recorded
    assert [(r.event, r.at, r.done, r.attempts) for r in recorded] == [(ENDED, NOW, False, 0), (other, NOW, False, 0)]


def test_a_notice_is_done_at_once(store: Store) -> None:
    """What only tells something never comes up as work, and says so."""
    told, todo = store.record([ReleaseHeld(held()), ENDED], NOW)
    assert (told.done, todo.done) == (True, False)
    assert store.unfinished() == [todo]
    assert isinstance(told.event, Notice)


def test_finishing_records_what_followed(store: Store) -> None:
    """Done and followed up are one thing: the event is gone from the work, its follow-ups are in the journal."""
    (recorded,) = store.record([ENDED], NOW)
    opened = PullRequestOpened("node", pull_request())
    (followup,) = store.finish(recorded, [opened], LATER)
    assert followup.event == opened
    assert store.unfinished() == []
    assert [(e.kind, e.done_at) for e in store.events(9)] == [("SupportEnded", LATER), ("PullRequestOpened", LATER)]


def test_finishing_twice_records_the_followups_once(store: Store) -> None:
    """Two processes that ran the same step leave one set of follow-ups."""
    (recorded,) = store.record([ENDED], NOW)
    store.finish(recorded, [ENDED], NOW)
    assert store.finish(recorded, [ENDED], NOW) == []
    assert len(store.unfinished()) == 1


def test_a_followup_that_cannot_be_recorded_leaves_the_event_unfinished(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash inside finish loses neither the event nor its follow-ups."""
    (recorded,) = store.record([ENDED], NOW)

    def crash(*_: object) -> None:
        raise RuntimeError

    monkeypatch.setattr("state.store.journal.append", crash)
    with pytest.raises(RuntimeError):
        store.finish(recorded, [ENDED], LATER)
    assert store.unfinished() == [recorded]


def test_a_failure_is_counted_and_forgotten_when_it_works(store: Store) -> None:
    """A failed step keeps its event, its error and the number of attempts; success clears the error only."""
    (recorded,) = store.record([ENDED], NOW)
    store.fail(recorded, "the forge is away", LATER)
    store.fail(recorded, "the forge is still away", LATER)
    assert store.unfinished()[0].attempts == 2
    (entry,) = store.events(1)
    assert (entry.error, entry.tried_at, entry.done_at) == ("the forge is still away", LATER, None)
    store.finish(recorded, [], LATER)
    (entry,) = store.events(1)
    assert (entry.error, entry.attempts, entry.done_at) == ("", 2, LATER)


def test_an_event_of_another_version_stops_nobody(store: Store, url: str) -> None:
    """An unknown kind, an impossible value and broken JSON are reported as such; the others are still work."""
    (recorded,) = store.record([ENDED], NOW)
    insert = text(
        "INSERT INTO event (at, kind, source, data, attempts, error)"
        " VALUES ('2026-01-01 00:00:00.000000', :kind, 'moon', :data, 0, '')"
    )
    engine = create_engine(url)
    with engine.begin() as connection:
        for kind, data in (("MoonSeen", "{}"), ("SupportEnded", '{"line": 7}'), ("FeedFailed", "{")):
            connection.execute(insert, {"kind": kind, "data": data})
    engine.dispose()
    assert store.unfinished() == [recorded]
    assert store.events_after(0) == [recorded]
    assert store.recorded(2) is None
    errors = [entry.error for entry in store.events(9)]
    assert errors[0] == ""
    assert "MoonSeen" in errors[1]
    assert all("cannot read" in error for error in errors[2:])
    assert store.status(NOW.date())["events"] == {"unfinished": 4}
    with pytest.raises(Unreadable):
        decode("MoonSeen", "{}")


def test_the_newest_lines_are_chosen_by_source_and_time(store: Store) -> None:
    """The limit keeps the newest, told oldest first; source and time narrow them."""
    store.record([ENDED, FeedFailed("go", "https://go.dev/dl/", "", "500")], NOW)
    store.record([ENDED], LATER)
    assert [entry.id for entry in store.events(2)] == [2, 3]
    assert [entry.id for entry in store.events(9, source="go")] == [2]
    assert [entry.id for entry in store.events(9, since=LATER)] == [3]
    assert store.events(9)[1].document() == {
        "id": 2,
        "at": "2026-08-05T12:30:00+00:00",
        "kind": "FeedFailed",
        "source": "go",
        "summary": "go https://go.dev/dl/: 500",
        "data": {"source": "go", "url": "https://go.dev/dl/", "field": "", "error": "500"},
        "done_at": "2026-08-05T12:30:00+00:00",
        "tried_at": None,
        "attempts": 0,
        "error": None,
    }


def test_events_are_found_by_number(store: Store) -> None:
    """A run remembers where the journal stood and reads what came after."""
    assert store.last_event() == 0
    first, second = store.record([ENDED, ENDED], NOW)
    assert store.last_event() == second.id
    assert store.events_after(first.id) == [second]
    assert store.recorded(first.id) == first
    assert store.recorded(99) is None


def test_hostile_text_is_data(store: Store) -> None:
    """Quotes, line breaks, NUL and a lone surrogate in an upstream's text neither stop nor change anything else."""
    hostile = "'; DROP TABLE event; --\n\r\0\x1b[31m {{ 7*7 }} \u202e"
    store.record([ChangeSkipped(Skipped("node", "", hostile, hostile)), FeedFailed("node", "", "", "\ud800")], NOW)
    skipped, failed = store.events_after(0)
    assert skipped.event == ChangeSkipped(Skipped("node", "", hostile, hostile))
    assert failed.event == FeedFailed("node", "", "", "?")
    store.fail(skipped, "\ud800\0", NOW)
    assert store.events(2)[0].error == "??"


_NUMBERS: dict[Any, Any] = {"int": 1, "float": 1.5, "bool": True}


def test_every_kind_has_a_summary(store: Store) -> None:
    """A person sees in one line what each event is about."""
    inner: dict[str, Any] = {
        "held": held(),
        "skipped": Skipped("node", "1", "1.2.3", "why"),
        "pull": pull_request(),
        "releases": (release(),),
        "counts": {"build": 3},
        "tags": {"22": "sha256:0"},
        "lines": (),
    }
    for kind in get_args(Event):
        values = {f.name: inner.get(f.name, "node") for f in fields(kind) if f.name in inner or _needed(f)}
        numbers = {"pull": 1} if kind in (BuildPlanned, ProposalObsolete) else {}
        numbers |= {f.name: _NUMBERS[f.type] for f in fields(kind) if f.type in _NUMBERS}
        store.record([kind(**values | numbers)], NOW)
    told = {entry.kind: entry.summary for entry in store.events(99)}
    assert told["ReleaseSeen"] == "node 22.11.0"
    assert told["ReleaseHeld"] == "node 22.11.0 armv6/glibc: not there yet"
    assert told["PullRequestMerged"] == "#1 node: 22.11.0 -> 22.11.1"
    assert told["BuildPlanned"] == "#1: 3 build"
    assert len(told) == len(get_args(Event))
    assert all(told.values())
