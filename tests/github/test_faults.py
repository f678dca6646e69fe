"""What GitHub does on a bad day: limits, 5xx, connections that drop, answers that are lost or cut short."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.github.faults import Fault
from tests.github.site import ROOT, Site


class Clock:
    """Seconds since 1970 that a test sets."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def __call__(self) -> float:
        """The time."""
        return self.time


@pytest.fixture
def clock(github: Site) -> Clock:
    """The clock of the limits."""
    made = Clock()
    github.hub.limits.clock = made
    github.hub.limits._reset = made.time + 3600
    return made


@pytest.mark.parametrize("status", [403, 429])
def test_an_hour_has_so_many_calls(github: Site, clock: Clock, status: int) -> None:
    """The one too many is refused, and told when the next hour begins; then all is well."""
    github.hub.limits.hourly, github.hub.limits.status = 3, status
    for left in ("2", "1", "0"):
        assert github.answer("GET", "").headers["X-RateLimit-Remaining"] == left
    refused = github.answer("GET", "", code=status)
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert int(refused.headers["X-RateLimit-Reset"]) == int(clock.time) + 3600
    assert "API rate limit exceeded for user owner" in refused.json()["message"]
    assert github.ask("GET", "//rate_limit")["rate"]["remaining"] == 0
    clock.time += 3601
    assert github.status("GET", "") == 200


@pytest.mark.parametrize("status", [403, 429])
def test_a_minute_has_eighty_writes(github: Site, clock: Clock, status: int) -> None:
    """The next is refused with Retry-After, reading goes on; a minute later writing does too."""
    github.hub.limits.status = status
    for number in range(80):
        github.ask("POST", "labels", {"name": f"l{number}", "color": "ff0000"}, code=201)
    refused = github.answer("POST", "labels", {"name": "one more", "color": "ff0000"}, code=status)
    assert refused.headers["Retry-After"] == "60"
    assert "secondary rate limit" in refused.json()["message"]
    assert github.status("GET", "labels") == 200
    clock.time += 61
    github.ask("POST", "labels", {"name": "one more", "color": "ff0000"}, code=201)
    assert github.hub.limits.refusals == 1


def test_an_hour_has_five_hundred_writes(github: Site, clock: Clock) -> None:
    """However far apart they are within it."""
    github.hub.limits.writes_a_minute = 10_000
    github.hub.limits.writes.extend([clock.time] * 500)
    clock.time += 3000
    assert github.status("POST", "labels", {"name": "x", "color": "ff0000"}) == 403
    clock.time += 601
    assert github.status("POST", "labels", {"name": "x", "color": "ff0000"}) == 201


def test_a_fault_happens_as_often_as_told_and_where(github: Site) -> None:
    """Twice a 502 to lists of pull requests, and to nothing else."""
    github.hub.faults.append(Fault(502, {"message": "Server Error"}, match=r"GET .*/pulls$", times=2))
    assert github.status("GET", "") == 200
    assert [github.status("GET", "pulls") for _ in range(3)] == [502, 502, 200]


def test_a_connection_drops_before_or_after_the_call_was_carried_out(github: Site) -> None:
    """Nobody who asks can tell the two apart: the label is there after the second only."""
    for after, there in ((False, 404), (True, 200)):
        github.hub.faults.append(Fault(match="POST", after=after))
        with pytest.raises(httpx.RemoteProtocolError):
            github.status("POST", "labels", {"name": "x", "color": "ff0000"})
        assert github.status("GET", "labels/x") == there


def test_an_answer_may_be_cut_short_or_late(github: Site) -> None:
    """Half of the bytes that were announced; or all of them, later."""
    github.hub.faults.append(Fault(cut=True))
    with pytest.raises(httpx.RemoteProtocolError):
        github.status("GET", "pulls")
    github.hub.faults.append(Fault(503, slow=0.2))
    began = time.monotonic()
    assert github.status("GET", "pulls") == 503
    assert time.monotonic() - began >= 0.2


def test_git_fails_only_where_it_is_meant_to(github: Site) -> None:
    """A match that names git's own paths hits pushes; any other leaves them alone."""
    github.hub.faults.append(Fault(500, match="POST"))
    github.branch("topic", {"b": "x\n"})
    github.hub.faults[:] = [Fault(500, match="git-receive-pack")]
    with pytest.raises(AssertionError, match="500"):
        github.branch("other", {"c": "x\n"})
    assert "refs/heads/other" not in github.git("ls-remote", github.remote)


def test_a_push_whose_answer_is_lost_has_happened(github: Site) -> None:
    """Git ends with an error, and the branch is there."""
    github.hub.faults.append(Fault(match="POST .*git-receive-pack", after=True))
    with pytest.raises(AssertionError):
        github.branch("topic", {"b": "x\n"})
    assert "refs/heads/topic" in github.git("ls-remote", github.remote)


def test_somebody_outside_makes_it_fail_and_sees_what_it_saw(github: Site) -> None:
    """``/_hub`` is for those who started it in another process."""
    github.api.post("/_hub/faults", json={"status": 503, "times": 1}).raise_for_status()
    assert github.status("GET", "") == 503
    github.api.patch("/_hub/limits", json={"writes_a_minute": 0, "retry_after": 7}).raise_for_status()
    assert github.answer("POST", "labels", {"name": "x", "color": "f"}, code=403).headers["Retry-After"] == "7"
    calls = github.api.get("/_hub/calls").json()
    assert [(each["call"], each["status"]) for each in calls] == [(f"GET {ROOT}", 503), (f"POST {ROOT}/labels", 403)]
    assert github.api.get("/_hub/violations").json() == []
    assert github.api.get("/_hub/nothing").status_code == 404
