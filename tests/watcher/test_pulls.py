"""``watcher pulls`` and ``watcher build``: decisions, people's commits, and steps that fail. Each by the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from builder.ports import Commit
from state.errors import GitError
from state.events import BuildPlanned
from tests.world import NEWER, World
from watcher.app import App
from watcher.cli import cli

LINE = "watcher/node/22"


def run(world: World, *arguments: str, code: int = 0) -> Result:
    """Run a command."""
    result = CliRunner().invoke(cli, ["--config", str(world.config_file), *arguments])
    assert result.exit_code == code, (result.output, result.exception)
    return result


def document(world: World, *arguments: str) -> Any:
    """Run a command for its document."""
    return json.loads(run(world, *arguments, "--json").stdout)


@pytest.fixture
def proposed(imported: World) -> World:
    """A world with one open pull request, #2, for 22.23.2."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    assert [p["number"] for p in imported.sync()["pulls"]] == [2]
    return imported


def push(world: World, branch: str, files: dict[str, str | None]) -> str:
    """Commit to a branch as somebody else."""

    async def job(app: App) -> str:
        tip = await app.repository.head(branch)
        assert tip
        made = await app.repository.commit(Commit(branch, tip, "Mine\n", files, datetime(2026, 8, 10, tzinfo=UTC)))
        await app.repository.push(branch, made, tip)
        return made

    return world.run(job)


def test_closing_can_be_undone(proposed: World) -> None:
    """Reopened, it is open here and there, its version is no more refused, and nothing else is proposed for it."""
    assert document(proposed, "pulls", "close", "2")["state"] == "closed"
    assert [s["version"] for s in proposed.sync()["skipped"]] == ["22.23.2"]
    assert document(proposed, "pulls", "reopen", "2")["state"] == "open"
    assert document(proposed, "pulls", "reopen", "2")["state"] == "open"
    found = proposed.sync()
    assert (found["pulls"], found["skipped"]) == ([], [])
    assert proposed.pull(2).standing == "open"
    assert "no pull request #7 of ours" in str(run(proposed, "pulls", "reopen", "7", code=1).exception)


def test_closing_a_line_s_end_can_be_undone(world: World) -> None:
    """A pull request that removes a line carries no version: it comes back all the same."""
    world.only("18.20.4", "22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.day(datetime(2026, 8, 10, tzinfo=UTC))
    [end] = [p for p in world.sync()["pulls"] if p["branch"].startswith("watcher/eol/")]
    number = str(end["number"])
    assert end["lines"] == {}
    run(world, "pulls", "close", number)
    assert world.sync()["pulls"] == []
    assert document(world, "pulls", "reopen", number)["state"] == "open"
    assert f"#{number}" in run(world, "pulls").stdout


def touched(world: World) -> set[str]:
    """Dockerfiles of what the second pull request has made anew, without what that stands on."""
    plan = document(world, "build", "--pull", "2", "--dry-run")["images"]
    return {step["dockerfile"] for step in plan if not step["reason"].endswith("stands on it")}


def test_people_s_commits_are_part_of_a_pull_request(proposed: World) -> None:
    """Files, diff and build plan are those of the branch as it is, and, once merged, of what was merged."""
    dockerfile = next(s["dockerfile"] for s in document(proposed, "build", "--pull", "1", "--dry-run")["images"])
    other = next(p for p in proposed.paths() if p.startswith("balena-base-images/amd64/debian/") and "/run/" in p)
    assert other not in touched(proposed)
    push(proposed, LINE, {"docs/note.md": "theirs\n", other: proposed.text(other) + "# theirs\n"})
    # Somebody also brings the branch up to date with main: what came from there is not the pull request's.
    push(proposed, "main", {"docs/main.md": "main's\n"})
    proposed.git("worktree", "add", "-q", str(proposed.folder / "tree"), LINE)
    proposed.git("-C", str(proposed.folder / "tree"), "-c", "user.name=x", "-c", "user.email=x@localhost",
                 "merge", "-q", "--no-edit", "main")  # fmt: skip

    def seen() -> tuple[set[str], str, set[str]]:
        shown = document(proposed, "pulls", "show", "2")
        diff = run(proposed, "pulls", "diff", "2").stdout
        return set(shown["files"]), diff, touched(proposed)

    files, diff, built = seen()
    assert {"docs/note.md", other} <= files
    assert "docs/main.md" not in files
    assert "+theirs" in diff
    assert "main's" not in diff
    assert other in built
    assert dockerfile in {s["dockerfile"] for s in document(proposed, "build", "--pull", "1", "--dry-run")["images"]}
    run(proposed, "pulls", "merge", "2")
    assert seen() == (files, diff, built)


def days(world: World, number: int) -> set[str]:
    """The dates in the dated tags that a pull request's plan names."""
    images = document(world, "build", "--pull", str(number), "--dry-run")["images"]
    return {tag.rsplit("-", 1)[-1] for image in images for tag in image["dated_tags"]}


def test_dated_tags_keep_the_day_of_the_plan(proposed: World) -> None:
    """However late a plan is looked at, its tags are those of the day that it was made; an open one's move."""
    assert days(proposed, 2) == {"20260810"}
    proposed.day(NEWER[2] + timedelta(days=1))
    assert days(proposed, 2) == {"20260811"}
    run(proposed, "pulls", "merge", "2")
    proposed.day(NEWER[2] + timedelta(days=5))
    assert (days(proposed, 1), days(proposed, 2)) == ({"20241101"}, {"20260811"})


def test_the_day_in_the_recorded_plan_counts(proposed: World) -> None:
    """Not when it was recorded, nor what a later or another plan says."""

    async def record(app: App) -> None:
        plans = [("2026-08-13", 3), ("2026-08-12", 2), ("2026-08-14", 2)]
        app.store.record([BuildPlanned("node", pull, "0" * 40, {}, day) for day, pull in plans], app.now())

    proposed.run(record)
    assert days(proposed, 2) == {"20260812"}


@pytest.mark.parametrize(
    "command", [["pulls"], ["pulls", "show", "1"], ["pulls", "diff", "1"], ["build", "--pull", "1", "--dry-run"]]
)
def test_a_step_that_fails_is_told_by_every_command(
    proposed: World, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    """Done is what could be done; the event, why it failed and exit code 1 say the rest."""

    async def broken(app: App, number: int) -> None:
        raise GitError("the disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("watcher.pipeline.merge", broken)
        merged = run(proposed, "pulls", "merge", "2", code=1)
        told = "failed   PullRequestMerged #2 node: 22.11.0 -> 22.23.2 [SECURITY]: the disk is full (event "
        assert merged.stderr.count(told) == 1
        shown = run(proposed, *command, code=1)
        assert told in shown.stderr
        assert shown.stdout
        synced = run(proposed, "sync", "node", code=1)
        assert told in synced.stderr
    run(proposed, *command)
