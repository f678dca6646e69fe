"""Stacks whose lines are flavours of one number: one pull request brings them all. Each end to end."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.toys import AMD64, BOTH, Toys

START = datetime(2024, 11, 1, 9, tzinfo=UTC)
FLAVOURS = ("8.0-sdk", "8.0-runtime")


@pytest.fixture
def played(toys: Toys) -> Toys:
    """Both flavours of 8.0 are recorded; an sdk has numbers of its own."""
    toys.stack()
    toys.release("8.0-sdk", "8.0.100")
    toys.release("8.0-runtime", "8.0.1")
    [first] = toys.sync().pulls
    assert first.title == "toy: import 8.0-runtime, 8.0-sdk"
    toys.world.decide("merge", first.number)
    return toys


def test_a_second_stack_has_paths_and_tags_of_its_own(played: Toys) -> None:
    """The stack is found by its source, whatever it is called; a flavour is part of the line."""
    paths = played.world.paths()
    assert {"catalogue/releases/toy/8.0-sdk.json", "catalogue/releases/toy/8.0-runtime.json"} < set(paths)
    made = {p.split("/")[5] for p in paths if p.startswith("balena-base-images/toybox/")}
    assert made == set(FLAVOURS)
    assert not [p for p in paths if p.startswith("balena-base-images/toy/")]


def test_one_pull_request_brings_all_flavours_of_a_number(played: Toys) -> None:
    """Each with its own step, on one branch; closing it means none of these versions."""
    played.release("8.0-sdk", "8.0.101")
    played.release("8.0-runtime", "8.0.2")
    [pull] = played.sync().pulls
    assert pull.branch == "watcher/toy/8.0"
    assert pull.title == "toy: 8.0.1 -> 8.0.2 (runtime), 8.0.100 -> 8.0.101 (sdk)"
    assert pull.lines == {"8.0-sdk": "8.0.101", "8.0-runtime": "8.0.2"}
    shown = played.world.pull(pull.number)
    assert "partial-release" not in shown.labels
    assert "new-line" not in shown.labels
    assert played.sync().pulls == []
    message = played.world.git("log", "-1", "--format=%B", pull.branch)
    assert "Watcher-Key: toy/8.0\nWatcher-Release: toy 8.0-runtime 8.0.2\n" in message
    played.world.decide("close", pull.number)
    assert {(s.line, s.version) for s in played.sync().skipped} == set(pull.lines.items())


def test_flavours_that_move_alike_are_told_together_and_a_new_number_is_added(played: Toys) -> None:
    """A number that is not recorded is a new line."""
    for line in ("9.0-sdk", "9.0-runtime"):
        played.release(line, "9.0.1")
    [pull] = played.sync().pulls
    assert pull.title == "toy: add 9.0: 9.0.1 (runtime, sdk)"
    assert "new-line" in played.world.pull(pull.number).labels


def test_a_number_never_waits_for_another_number(played: Toys) -> None:
    """9.0 is not ready, 8.0 is."""
    played.announce("9.0-sdk", "9.0.100")
    played.release("9.0-runtime", "9.0.1")
    played.release("8.0-sdk", "8.0.101")
    [pull] = played.sync().pulls
    assert pull.title == "toy: 8.0.100 -> 8.0.101 (sdk)"


def test_a_set_waits_for_its_flavours_and_goes_whole(played: Toys) -> None:
    """The runtime's list is late: nothing is proposed, what is awaited and until when is said."""
    played.release("8.0-sdk", "8.0.101")
    played.announce("8.0-runtime", "8.0.2")
    report = played.sync()
    assert report.pulls == []
    waits = next(h for h in report.held if h.line == "8.0")
    assert (waits.version, waits.since, waits.due) == ("8.0.101", START, START + timedelta(hours=72))
    assert "awaiting 8.0-runtime 8.0.2" in waits.reason
    played.publish("8.0-runtime", "8.0.2")
    report = played.later(START + timedelta(hours=5))
    assert [len(p.lines) for p in report.pulls] == [2]
    assert report.held == []


def test_a_set_goes_without_a_flavour_once_its_time_is_up(played: Toys) -> None:
    """Visibly, and the flavour joins the open pull request when it comes."""
    played.release("8.0-sdk", "8.0.101")
    played.announce("8.0-runtime", "8.0.2")
    played.sync()
    assert played.later(START + timedelta(hours=71)).pulls == []
    [pull] = played.later(START + timedelta(hours=72)).pulls
    assert pull.lines == {"8.0-sdk": "8.0.101"}
    shown = played.world.pull(pull.number)
    assert "partial-release" in shown.labels
    assert "### Flavours that are not ready" in shown.body
    assert "| 8.0-runtime | 8.0.2: " in shown.body
    assert played.later(START + timedelta(hours=80)).pulls == []
    assert played.world.pull(pull.number).standing == "open"
    played.publish("8.0-runtime", "8.0.2")
    [again] = played.later(START + timedelta(hours=90)).pulls
    assert (again.number, len(again.lines)) == (pull.number, 2)
    assert "partial-release" not in played.world.pull(pull.number).labels


def test_a_flavour_that_comes_after_the_merge_follows_alone(played: Toys) -> None:
    """There is nothing left that it could wait for."""
    played.release("8.0-sdk", "8.0.101")
    played.announce("8.0-runtime", "8.0.2")
    played.sync()
    [pull] = played.later(START + timedelta(hours=72)).pulls
    played.world.decide("merge", pull.number)
    assert {h.line for h in played.sync().held} == {"8.0-runtime"}
    played.publish("8.0-runtime", "8.0.2")
    assert [p.lines for p in played.sync().pulls] == [{"8.0-runtime": "8.0.2"}]


def test_a_security_release_waits_for_no_other_flavour(played: Toys) -> None:
    """It goes at once, and says what it goes without."""
    played.announce("8.0-sdk", "8.0.101", security=True)
    played.publish("8.0-sdk", "8.0.101")
    played.announce("8.0-runtime", "8.0.2", security=True)
    [pull] = played.sync().pulls
    assert pull.lines == {"8.0-sdk": "8.0.101"}
    assert "a security release waits for none" in played.world.pull(pull.number).body


def test_a_flavour_that_cannot_be_asked_for_is_not_taken_out_of_the_pull_request(played: Toys) -> None:
    """Upstream is away for it: the open pull request stays as it is."""
    for line, version in zip(FLAVOURS, ("8.0.101", "8.0.2"), strict=True):
        played.release(line, version)
    [pull] = played.sync().pulls
    played.announce("8.0-sdk", "8.0.102")  # something moves
    (played.world.served / "toy.example" / "8.0-runtime" / "8.0.2" / "list.json").unlink()
    played.publish("8.0-sdk", "8.0.102")
    assert played.sync().pulls == []
    assert played.world.pulls()[0].lines == pull.lines


def test_a_withdrawn_flavour_leaves_the_pull_request_and_the_other_stays(played: Toys) -> None:
    """The set is brought without it; once nothing is left the pull request is closed. Its files are gone from upstream."""
    for line, version in zip(FLAVOURS, ("8.0.101", "8.0.2"), strict=True):
        played.release(line, version)
    [pull] = played.sync().pulls
    played.withdraw("8.0-sdk", "8.0.101")
    [less] = played.sync().pulls
    assert (less.number, less.lines) == (pull.number, {"8.0-runtime": "8.0.2"})
    played.withdraw("8.0-runtime", "8.0.2")
    played.sync()
    assert played.world.pull(pull.number).standing == "closed"


def test_a_flavour_that_an_old_index_lacks_stays_proposed(played: Toys) -> None:
    """Its files stand: the set is not brought without it."""
    for line, version in zip(FLAVOURS, ("8.0.101", "8.0.2"), strict=True):
        played.release(line, version)
    [pull] = played.sync().pulls
    played.index = [each for each in played.index if each["version"] != "8.0.101"]
    played.list()
    found = played.sync()
    assert (found.pulls, [s.version for s in found.skipped if "is older than" in s.reason]) == ([], ["8.0.101"])
    assert played.world.pulls()[0].lines == pull.lines


def test_all_flavours_of_a_number_end_together(played: Toys) -> None:
    """One pull request removes them."""
    for each in played.index:
        each["until"] = "2024-10-31"
    played.list()
    [pull] = played.sync().pulls
    assert (pull.branch, pull.title) == ("watcher/eol/toy-8.0", "toy: remove 8.0 (end of life 2024-10-31)")
    assert played.sync().pulls == []
    played.world.decide("merge", pull.number)
    assert not [p for p in played.world.paths() if "/toybox/" in p or p.startswith("catalogue/releases/toy/")]


def test_where_lines_go_alone_flavours_have_pull_requests_of_their_own(toys: Toys) -> None:
    """The same versions in two lines: closing the one is no decision about the other."""
    toys.stack(group="line")
    for line in FLAVOURS:
        toys.release(line, "8.0.1")
    toys.world.decide("merge", toys.sync().pulls[0].number)
    for line in FLAVOURS:
        toys.release(line, "8.0.2")
    pulls = {p.branch: p.number for p in toys.sync().pulls}
    assert set(pulls) == {"watcher/toy/8.0-sdk", "watcher/toy/8.0-runtime"}
    toys.world.decide("close", pulls["watcher/toy/8.0-sdk"])
    assert [(s.line, s.version) for s in toys.sync().skipped] == [("8.0-sdk", "8.0.2")]
    assert toys.world.pull(pulls["watcher/toy/8.0-runtime"]).standing == "open"


def test_a_platform_that_may_be_missing_makes_no_release_partial(toys: Toys) -> None:
    """The policy of the stack: it is awaited without a limit, and said without an alarm."""
    toys.stack(allowed=BOTH[1:])
    toys.release("8.0-sdk", "8.0.100")
    toys.world.decide("merge", toys.sync().pulls[0].number)
    toys.announce("8.0-sdk", "8.0.101")
    toys.publish("8.0-sdk", "8.0.101", [AMD64])
    report = toys.sync()
    assert [(h.arch, h.due) for h in report.held] == [("aarch64", None)]
    shown = toys.world.pull(report.pulls[0].number)
    assert "partial-release" not in shown.labels
    assert "no limit | stay on 8.0.100 |" in shown.body
