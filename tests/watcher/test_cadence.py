"""When a source is polled next: by what is expected, by what is under way, and by its habit; always within bounds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import sources
from state.model import Arch, Held
from tests.upstream import Fault
from tests.upstream.layout import OFFICIAL
from tests.world import OLDER, World
from watcher.cadence import DEFAULTS, Facts, Rhythm, Window, next_check
from watcher.cli import cli
from watcher.source_settings import SourceSettings

NOW = datetime(2026, 8, 5, 12, tzinfo=UTC)  # a Wednesday
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RHYTHM = Rhythm()


def every(days: int, *, last: int) -> tuple[date, ...]:
    """Twelve release days, *days* apart, the last one *last* days ago."""
    return tuple(NOW.date() - timedelta(days=last + n * days) for n in range(12))


def pause(facts: Facts, rhythm: Rhythm = RHYTHM) -> tuple[timedelta, str]:
    """How long until the next poll, and why."""
    at, reason = next_check(rhythm, facts)
    return at - facts.now, reason


def waiting(since: datetime, due: datetime | None = None) -> Held:
    """A platform that waits."""
    return Held("node", "22", "22.11.0", Arch.ARMV6, "glibc", "404", since, due)


def test_without_a_history_it_is_the_interval() -> None:
    """Nothing is expected of a source that nobody knows; its settings may say why it is polled like that."""
    assert pause(Facts(NOW)) == (HOUR, "nothing is expected")
    assert pause(Facts(NOW), Rhythm(2 * HOUR, reason="as they ask")) == (2 * HOUR, "as they ask")


def test_soon_after_a_release_it_is_rarely() -> None:
    """Of a source that releases every two weeks nothing is expected in the first one."""
    told = "a release about every 14 days, the last one 3 days ago"
    assert pause(Facts(NOW, every(14, last=3))) == (4 * HOUR, told)
    assert pause(Facts(NOW, every(14, last=9)))[0] == HOUR


def test_on_its_usual_weekday_it_is_often() -> None:
    """A habit of two thirds: the gaps alone would say rarely."""
    assert pause(Facts(NOW, every(7, last=0))) == (10 * MINUTE, "12 of the last 12 release days were a wednesday")
    mixed = (*every(7, last=0)[:6], *every(7, last=2)[6:])
    assert pause(Facts(NOW, mixed))[0] == 4 * HOUR


def test_an_expected_window_is_polled_often_and_waited_for() -> None:
    """Inside of it the fastest pace; before it not past its beginning."""
    rhythm = Rhythm(often=(Window.parse("wednesday 11:00-13:00"),))
    quiet = every(100, last=1)
    assert pause(Facts(NOW, quiet), rhythm) == (10 * MINUTE, "releases are expected: wednesday 11:00-13:00")
    assert pause(Facts(NOW - 3 * HOUR, quiet), rhythm)[0] == 2 * HOUR
    assert pause(Facts(NOW + 2 * HOUR, quiet), rhythm)[0] == 4 * HOUR


@pytest.mark.parametrize(("day", "often"), [(4, False), (11, True), (12, False), (18, False)])
def test_patch_tuesday_is_the_second_one(day: int, *, often: bool) -> None:
    """4, 11 and 18 August 2026 are Tuesdays."""
    now = datetime(2026, 8, day, 17, tzinfo=UTC)
    assert (pause(Facts(now), DEFAULTS["dotnet"])[0] == 10 * MINUTE) == often


def test_after_a_first_sight_it_is_often_for_some_hours() -> None:
    """Files and sister lines follow."""
    seen = ("node 22.11.0", NOW - 2 * HOUR)
    assert pause(Facts(NOW, sighted=seen)) == (10 * MINUTE, "node 22.11.0 was first seen at 10:00: more may follow")
    assert pause(Facts(NOW, sighted=(seen[0], NOW - 6 * HOUR)))[0] == HOUR


def test_what_waits_is_looked_for_less_and_less() -> None:
    """At first at the fastest pace, then in eighths of its age, at last as usual."""
    ages = [MINUTE, 4 * HOUR, timedelta(days=20)]
    assert [pause(Facts(NOW, held=[waiting(NOW - age)]))[0] for age in ages] == [10 * MINUTE, 30 * MINUTE, HOUR]
    assert pause(Facts(NOW, held=[waiting(NOW)]))[1] == "node 22.11.0 armv6/glibc waits since 2026-08-05 12:00"


def test_what_is_due_is_looked_at_then() -> None:
    """Not before that for its sake, and not after it."""
    old = waiting(NOW - timedelta(days=20), NOW + 25 * MINUTE)
    assert pause(Facts(NOW, held=[old])) == (25 * MINUTE, "node 22.11.0 armv6/glibc is due then")


def test_a_source_that_fails_is_asked_less_and_less() -> None:
    """Whatever else would ask for it."""
    seen = ("node 22.11.0", NOW)
    pauses = [pause(Facts(NOW, sighted=seen, failing_since=NOW - n * HOUR))[0] for n in (0, 1, 9)]
    assert pauses == [10 * MINUTE, 30 * MINUTE, HOUR]


@given(
    st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.integers(0, 30),
    st.integers(1, 90),
    st.sampled_from(["daily 00:00-23:59", "5th friday 01:00-02:00", "monday 10:00-11:00"]),
    st.booleans(),
)
def test_the_bounds_always_hold(now: datetime, last: int, gap: int, window: str, held: bool) -> None:  # noqa: FBT001
    """No poll before the fastest, none after the slowest."""
    days = tuple(now.date() - timedelta(days=last + n * gap) for n in range(12))
    rhythm = Rhythm(often=(Window.parse(window),))
    facts = Facts(now, days, held=[waiting(now - HOUR, now + MINUTE)] if held else [])
    assert rhythm.fastest <= pause(facts, rhythm)[0] <= rhythm.slowest


def test_python_org_is_never_asked_more_than_it_allows() -> None:
    """Of what every poll asks for none is its; what waits is asked for the less often the more that is."""
    documents = sources.SOURCES["python"].DOCUMENTS.values()
    assert not [url for url in documents if "//www.python.org/" in url]
    rhythm = DEFAULTS["python"]
    for lines in range(12):
        held = [Held("python", f"3.{n}", f"3.{n}.1", None, None, "404", NOW) for n in range(lines)]
        shortest, _ = pause(Facts(NOW, held=held, sighted=("python 3.1.1", NOW)), rhythm)
        assert timedelta(days=1) * 2 * lines <= 100 * shortest
        assert shortest >= rhythm.fastest


def test_what_fails_beside_the_documents_is_asked_for_again_soon() -> None:
    """A registry that was away: not only when the feed is polled next; it says so."""
    outages = {"bases": NOW - HOUR}
    assert pause(Facts(NOW, every(14, last=3), outages=outages)) == (
        30 * MINUTE,
        "bases failing since 2026-08-05 11:00",
    )


@pytest.mark.parametrize("text", ["tuesday", "tuesday 22:00-16:00", "6th tuesday 16:00-17:00", "2nd daily 01:00-02:00"])
def test_a_window_that_makes_no_sense_is_refused(text: str) -> None:
    """With what would."""
    with pytest.raises(ValueError, match=r"window"):
        SourceSettings.model_validate({"often": [text]})


def test_the_settings_win_over_the_defaults() -> None:
    """What is not set adapts to what is: the bounds stay in order."""
    own = SourceSettings.model_validate({"interval": "5m", "often": ["daily 05:00-06:00"], "reason": "ours"})
    assert own.rhythm("dotnet") == Rhythm(
        5 * MINUTE, 5 * MINUTE, 4 * HOUR, (Window.parse("daily 05:00-06:00"),), "ours"
    )
    assert SourceSettings.model_validate({"slowest": "20m"}).rhythm("node").interval == 20 * MINUTE
    assert SourceSettings().rhythm("dotnet") == DEFAULTS["dotnet"]


@pytest.mark.parametrize(
    "bounds", [{"fastest": "2h", "interval": "1h"}, {"interval": "5h", "slowest": "4h"}, {"fastest": "0m"}]
)
def test_bounds_that_contradict_each_other_are_refused(bounds: dict[str, str]) -> None:
    """A slip, told at the start."""
    with pytest.raises(ValueError, match="no longer than the next"):
        SourceSettings.model_validate(bounds)


def status(world: World) -> dict[str, Any]:
    """What the status says of Node."""
    shown = CliRunner().invoke(cli, ["--config", str(world.config_file), "status", "--json"])
    found: dict[str, Any] = json.loads(shown.stdout)["sources"]["node"]
    return found


def test_every_poll_plans_the_next_one_and_the_status_shows_it(world: World) -> None:
    """A good one, one that brings nothing new, and one that fails."""
    assert status(world)["next_check"] is None
    world.only("22.11.0")
    world.sync()
    at = OLDER[2]
    found = status(world)
    assert found["next_check"] == (at + 10 * MINUTE).isoformat()
    assert found["cadence"] == "node 22.11.0 was first seen at 09:00: more may follow"
    world.day(at + timedelta(days=1))
    world.sync()
    assert datetime.fromisoformat(status(world)["next_check"]) > at + timedelta(days=1)
    index = f"/{OFFICIAL}/index.json"
    world.upstream.faults[index] = Fault("status", 404)
    world.day(at + timedelta(days=2))
    assert world.report().failed
    found = status(world)
    assert (found["next_check"], found["cadence"]) == (
        (at + timedelta(days=2, minutes=10)).isoformat(),
        "failing since 2024-11-03 09:00",
    )
    shown = CliRunner().invoke(cli, ["--config", str(world.config_file), "status"]).output
    assert "2024-11-03T09:10" in shown
    assert "next check: node: failing since 2024-11-03 09:00" in shown
