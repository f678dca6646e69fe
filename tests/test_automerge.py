"""What is merged without a person, who is asked for a review, and whose commits they are; each end to end on GitHub."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from state.store import PullRecord
from tests.github.site import PROTECTED, Site
from tests.world import NEWER, World
from watcher.automerge import due, kind
from watcher.cli import cli
from watcher.pull_settings import AutoMerge

pytestmark = pytest.mark.slow

RULE = '[automerge.node]\nkinds = ["patch"]\nafter = "24h"\n'


@pytest.fixture
def github(world: World) -> Iterator[Site]:
    """22.23.1 is recorded, 22.23.2, a patch of it, is proposed as #1; patches of Node are merged after a day."""
    world.publish(NEWER)
    world.only("22.23.2")
    world.release("22.23.1", like="22.23.2")
    entries = world.index()
    world.only("22.23.1")
    world.sync()
    world.decide("merge", 1)
    world.settings(RULE)
    with world.on_github() as site:
        world.serve_index(entries)
        [pull] = world.sync()["pulls"]
        assert (pull["old"], pull["new"]) == ("22.23.1", "22.23.2")
        yield site


def later(world: World) -> None:
    """Let it be two days later, and the watcher look."""
    world.day(NEWER[2] + timedelta(days=2))
    world.sync()


def state(world: World) -> str:
    """Where pull request 1 stands."""
    return world.pulls()[0].state


def green(github: Site) -> None:
    """Let the one check succeed."""
    sha = github.hub.pull(1).request.head.sha
    github.ask("POST", "check-runs", {"name": "build", "head_sha": sha, "conclusion": "success"}, code=201)


def test_a_patch_is_merged_when_it_is_old_enough_and_its_checks_are_green(world: World, github: Site) -> None:
    """Not before the day is over; a word says why."""
    green(github)
    world.sync()
    assert state(world) == "open"
    later(world)
    assert state(world) == "merged"
    [said] = github.hub.issue(1).comments
    assert said.body.startswith("Merged by the watcher: a patch release")


def test_nothing_is_merged_without_a_check_or_with_a_red_one(world: World, github: Site) -> None:
    """One at least has to have run, and all to be green."""
    later(world)
    assert state(world) == "open"
    green(github)
    sha = github.hub.pull(1).request.head.sha
    github.ask("POST", f"statuses/{sha}", {"state": "pending", "context": "lint"}, code=201)
    world.sync()
    assert state(world) == "open"
    github.ask("POST", f"statuses/{sha}", {"state": "failure", "context": "lint"}, code=201)
    world.sync()
    assert state(world) == "open"
    github.ask("POST", f"statuses/{sha}", {"state": "success", "context": "lint"}, code=201)
    world.sync()
    assert state(world) == "merged"


def test_people_and_protection_have_the_last_word(world: World, github: Site) -> None:
    """A label holds it; a review that is required is waited for."""
    green(github)
    github.ask("POST", "issues/1/labels", {"labels": ["watcher:hold"]})
    later(world)
    assert state(world) == "open"
    github.ask("DELETE", "issues/1/labels/watcher:hold")
    rule = {"required_approving_review_count": 1, "require_code_owner_reviews": True}
    github.ask("PUT", "branches/main/protection", {**PROTECTED, "required_pull_request_reviews": rule})
    world.sync()
    green(github)
    world.day(NEWER[2] + timedelta(days=4))
    world.sync()
    assert state(world) == "open"
    github.as_somebody("ann").ask("POST", "pulls/1/reviews", {"event": "APPROVE"})
    world.sync()
    assert state(world) == "merged"


NOW = datetime(2026, 8, 10, 9, tzinfo=UTC)


def record(old: str | None, new: str | None, line: str | None = "22", held: str = "") -> PullRecord:
    """A pull request that last changed a day ago."""
    changed = NOW - timedelta(days=1)
    return PullRecord(
        1, "node", line, old, new, {}, "k", "b", "t", "u", "open", "h", "b", held=held, updated_at=changed
    )


@pytest.mark.parametrize(
    ("old", "new", "line", "expected"),
    [
        ("22.11.0", "22.11.1", "22", "patch"),
        ("22.11.0", "22.12.0", "22", "minor"),
        ("21.0.4+7", "21.0.5+11", "21", "patch"),
        ("41", "42", "42", "major"),
        ("22.11.0", "24.0.0", "24", "major"),
        (None, "22.11.0", "22", ""),
        ("22.11.0", None, "22", ""),
        ("22.11.0", "22.11.1", None, ""),
    ],
)
def test_how_far_a_version_moves(old: str | None, new: str | None, line: str | None, expected: str) -> None:
    """A new line, an end, and an import are no step of a version."""
    assert kind(record(old, new, line)) == expected


def test_only_what_is_named_and_old_enough_and_nobodys_is_due() -> None:
    """Each of the three alone keeps it open."""
    patch, rule = record("1.2.3", "1.2.4"), AutoMerge(after="24h")  # type: ignore[arg-type]
    assert due(patch, rule, NOW)
    assert not due(patch, rule, NOW - timedelta(seconds=1))
    assert not due(record("1.2.3", "1.3.0"), rule, NOW)
    assert due(record("1.2.3", "1.3.0"), AutoMerge(kinds=("patch", "minor")), NOW)
    assert not due(record("1.2.3", "1.2.4", held="watcher:hold"), rule, NOW)


def test_reviewers_are_asked_once_and_the_commit_is_signed_off(world: World) -> None:
    """Those of all sources and of this one, at four calls; nobody who does not exist keeps it from being opened."""
    world.settings(
        '[reviewers]\nusers = ["ann", "owner"]\nsources = { node = ["bob"] }\n'
        '[commits]\nname = "Images"\nemail = "images@example.org"\nsign_off = true\n'
    )
    with world.on_github() as github:
        world.only("22.11.0")
        world.sync()
        assert github.hub.pull(1).request.reviewers == ["ann", "bob"]
        opening = github.hub.calls[1:]
        assert opening == ["GET /pulls", "POST /pulls", "POST /issues/1/labels", "POST /pulls/1/requested_reviewers"]
        world.sync()
        assert github.hub.calls.count("POST /pulls/1/requested_reviewers") == 1
        trailers = world.git("log", "-1", "--format=%an <%ae>%n%(trailers)", "watcher/node/import").splitlines()
        assert trailers[0] == "Images <images@example.org>"
        assert "Signed-off-by: Images <images@example.org>" in trailers
        assert "Watcher-Key: node/import" in trailers


@pytest.mark.parametrize(
    "table", ['[commits]\nname = "a\\nb"', '[automerge.node]\nkinds = ["major"]', '[automerge.node]\nafter = "soon"']
)
def test_settings_that_cannot_be_are_refused(world: World, table: str) -> None:
    """With the key's name."""
    world.settings(table)
    done = CliRunner().invoke(cli, ["--config", str(world.config_file), "status"])
    assert done.exit_code != 0
    assert "commits.name" in str(done.exception) or "automerge.node" in str(done.exception)
