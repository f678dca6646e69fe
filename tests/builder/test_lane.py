"""The lane for writes: however many ask at once, GitHub's limits are kept to."""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builder.lane import Allowance, WriteLane
from state.errors import ForgeError


class Clock:
    """Time that passes only by sleeping."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        """Seconds since 1970."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        assert seconds > 0
        self.now += seconds


def lane(clock: Clock, file: Path | None = None, allowance: Allowance | None = None) -> WriteLane:
    """A lane in which a write takes no time."""
    return WriteLane(file, allowance or Allowance(), clock=clock, sleep=clock.sleep)


def written(made: WriteLane, clock: Clock, times: int) -> list[float]:
    """When each of so many writes went."""
    found = []
    for _ in range(times):
        with made.turn():
            found.append(clock())
    return found


def most(times: list[float], span: float) -> int:
    """The most writes in any such span."""
    return max(sum(start <= at < start + span for at in times) for start in times)


def test_writes_are_a_second_apart() -> None:
    """The first goes at once."""
    clock = Clock()
    assert [at - 1_800_000_000.0 for at in written(lane(clock), clock, 4)] == [0, 1, 2, 3]


def test_no_minute_has_more_than_eighty_and_no_hour_more_than_five_hundred() -> None:
    """However fast they may follow one another."""
    clock = Clock()
    times = written(lane(clock, allowance=Allowance(apart=0.1, longest=3600)), clock, 1200)
    assert most(times, 60) == 80
    assert most(times, 3600) == 500


@given(st.lists(st.floats(0, 400, allow_nan=False), max_size=60), st.integers(1, 9), st.integers(10, 30))
def test_no_window_is_ever_exceeded(pauses: list[float], minute: int, hour: int) -> None:
    """Whatever the pauses between those who ask."""
    clock = Clock()
    made = lane(clock, allowance=Allowance(apart=1.0, minute=minute, hour=hour, longest=4000))
    times = []
    for pause in pauses:
        clock.now += pause
        times += written(made, clock, 1)
    if times:
        assert most(times, 59.999) <= minute
        assert most(times, 3599.999) <= hour
    assert all(later - earlier >= 0.999 for earlier, later in itertools.pairwise(times))


def test_a_wait_that_is_too_long_is_refused_in_words() -> None:
    """Nobody hangs for an hour: a later run goes on."""
    clock = Clock()
    made = lane(clock, allowance=Allowance(apart=0.01))
    with pytest.raises(ForgeError, match=r"no more writes until \d\d:\d\d UTC"):
        written(made, clock, 501)
    clock.now += 3600
    assert written(made, clock, 1)


def test_processes_share_a_lane_by_its_file(tmp_path: Path) -> None:
    """What one wrote counts for the other, also after a restart."""
    clock, file = Clock(), tmp_path / "var" / "writes.json"
    first, second = lane(clock, file), lane(clock, file)
    times = [at for _ in range(3) for made in (first, second) for at in written(made, clock, 1)]
    assert [later - earlier for earlier, later in itertools.pairwise(times)] == [1.0] * 5
    assert len(json.loads(file.read_text())["writes"]) == 6


def test_one_writes_at_a_time(tmp_path: Path) -> None:
    """Two lanes on one file, in threads: the second waits for the first to be done."""
    file, events = tmp_path / "writes.json", []
    began, end = threading.Event(), threading.Event()
    quick = Allowance(apart=0)

    def slow() -> None:
        with WriteLane(file, quick).turn():
            events.append("first begins")
            began.set()
            end.wait(10)
            events.append("first ends")

    def other() -> None:
        with WriteLane(file, quick).turn():
            events.append("second begins")

    threads = [threading.Thread(target=job) for job in (slow, other)]
    threads[0].start()
    assert began.wait(10)
    threads[1].start()
    end.set()
    for thread in threads:
        thread.join(10)
    assert events == ["first begins", "first ends", "second begins"]


def test_a_wait_that_github_asks_for_holds_for_all(tmp_path: Path) -> None:
    """Whoever shares the file writes only when it is over."""
    clock, file = Clock(), tmp_path / "writes.json"
    with lane(clock, file).turn() as hold:
        hold(60)
    assert written(lane(clock, file), clock, 1) == [1_800_000_060.0]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"writes": "x", "until": 0}', '{"writes": [], "until": null}'])
def test_a_file_that_a_crash_left_half_written_is_made_anew(tmp_path: Path, text: str) -> None:
    """Nothing is known then, and nothing hangs."""
    file = tmp_path / "writes.json"
    file.write_text(text)
    clock = Clock()
    assert written(lane(clock, file), clock, 1)
    assert json.loads(file.read_text())["writes"] == [clock.now]


def test_a_clock_that_was_set_back_holds_nobody_up(tmp_path: Path) -> None:
    """What lies in the future tells nothing; a wait is never longer than an hour."""
    file = tmp_path / "writes.json"
    clock = Clock()
    file.write_text(json.dumps({"writes": [clock.now + 86_400], "until": clock.now + 86_400}))
    with pytest.raises(ForgeError):
        written(lane(clock, file), clock, 1)
    clock.now += 3601
    assert written(lane(clock, file), clock, 1)


def test_a_write_that_failed_counts() -> None:
    """It may have been carried out."""
    clock = Clock()
    made = lane(clock)

    def fail(job: Callable[[], None]) -> None:
        with pytest.raises(RuntimeError), made.turn():
            job()

    def broken() -> None:
        raise RuntimeError

    fail(broken)
    assert written(made, clock, 1) == [1_800_000_001.0]
