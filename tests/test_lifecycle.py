"""A pull request's life on GitHub: updated, held, given back, closed, reopened, merged as it is; each end to end."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from copy import deepcopy
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.github.faults import Fault
from tests.github.hub import Access, Hub
from tests.github.site import TOKEN, Site
from tests.upstream import Upstream
from tests.world import NEWER, World
from watcher.cli import cli

pytestmark = pytest.mark.slow

BRANCH = "watcher/node/22"
BOX = "- [ ] <!-- watcher:recreate -->"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Hub]]:
    """22.11.0 is recorded, 22.23.1 proposed as a new pull request on GitHub, 22.23.2 is not there yet: made once."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "served").mkdir()
    with Upstream(folder / "served") as upstream:
        world = World.make(folder, upstream)
        world.only("22.11.0")
        world.sync()
        world.decide("merge", 1)
        world.publish(NEWER)
        world.only("22.11.0", "22.23.2")
        world.release("22.23.1", like="22.23.2")
        world.only("22.11.0", "22.23.1")
        with world.on_github() as site:
            [pull] = world.sync()["pulls"]
            assert (pull["number"], pull["new"]) == (1, "22.23.1")
        yield world, site.hub


@pytest.fixture
def imported(template: tuple[World, Hub], tmp_path: Path) -> Iterator[World]:
    """A copy of that world."""
    world = template[0]
    shutil.copytree(world.served, tmp_path / "served")
    shutil.copytree(world.folder / "ws", tmp_path / "ws", ignore=shutil.ignore_patterns("clone.git*"))
    with Upstream(tmp_path / "served") as upstream:
        made = World(tmp_path, upstream)
        made.day(NEWER[2])
        yield made


@pytest.fixture
def github(imported: World, template: tuple[World, Hub]) -> Iterator[Site]:
    """Its GitHub."""
    with imported.on_github() as site:
        for name in ("issues", "labels", "users"):
            setattr(site.hub, name, deepcopy(getattr(template[1], name)))
        site.hub._ids = count(5_000)  # numbers that nothing of the copy has
        yield site


def newer(world: World) -> None:
    """Let 22.23.2 be released."""
    entry = world.index()[0]
    world.serve_index([{**entry, "version": "v22.23.2"}, *world.index()])


def body(github: Site) -> str:
    """What the pull request says."""
    return str(github.ask("GET", "pulls/1")["body"])


def comments(github: Site) -> list[str]:
    """What was said below it."""
    return [said.body for said in github.hub.issue(1).comments]


def reasons(found: dict[str, Any]) -> list[str]:
    """Why things were left out."""
    return [skipped["reason"] for skipped in found["skipped"]]


def by_hand(github: Site, text: str = "mine\n", path: str = "NOTE.md") -> str:
    """A maintainer commits to the branch."""
    return github.branch(BRANCH, {path: text}, onto=BRANCH)


def test_a_newer_release_updates_it_in_place(imported: World, github: Site) -> None:
    """The same pull request: one new commit on main's tip, title, body, and a comment that says what changed."""
    before = github.hub.issue(1).title
    newer(imported)
    [pull] = imported.sync()["pulls"]
    assert (pull["number"], pull["new"]) == (1, "22.23.2")
    assert "22.11.0 → **22.23.2**" in body(github)
    assert comments(github) == [f"Now brings {pull['title']}; before this it was {before}."]
    assert imported.git("rev-list", "--count", f"main..{BRANCH}").strip() == "1"
    assert [issue.number for issue in github.hub.pulls(state="all")] == [1]


def test_a_branch_with_commits_by_people_is_left_alone(imported: World, github: Site) -> None:
    """One comment asks, a label holds it; neither a newer release nor any run touches it."""
    theirs = by_hand(github)
    imported.sync()
    assert github.hub.issue(1).labels[-1] == "watcher:hold"
    [asked] = comments(github)
    assert "take the label `watcher:hold` off, or tick the box" in asked
    newer(imported)
    for _ in range(2):
        found = imported.sync()
        assert found["pulls"] == []
        assert any("commits by people" in reason for reason in reasons(found))
    assert github.hub.pull(1).request.head.sha == theirs
    assert comments(github) == [asked]


@pytest.mark.parametrize("how", ["label", "box"])
def test_a_branch_is_given_back(imported: World, github: Site, how: str) -> None:
    """By taking the label off, or ticking the box: made again, brought up to date, said once; the box is empty again."""
    by_hand(github)
    imported.sync()
    newer(imported)
    imported.sync()
    if how == "label":
        github.ask("DELETE", "issues/1/labels/watcher:hold")
    else:
        github.ask("PATCH", "pulls/1", {"body": body(github).replace(BOX, BOX.replace("[ ]", "[x]"))})
    assert imported.sync()["pulls"][0]["number"] == 1
    assert imported.sync()["pulls"] == []
    assert imported.pulls()[0].new == "22.23.2"
    assert "NOTE.md" not in imported.paths(BRANCH)
    assert BOX in body(github)
    assert "watcher:hold" not in github.hub.issue(1).labels
    assert "this branch was made again from the catalogue" in comments(github)[-1]


def test_people_may_hold_a_pull_request_by_the_label_alone(imported: World, github: Site) -> None:
    """Nothing is asked: they said so themselves; it goes on when the label is gone."""
    github.ask("POST", "issues/1/labels", {"labels": ["watcher:hold"]})
    newer(imported)
    found = imported.sync()
    assert found["pulls"] == []
    assert any("carries the label watcher:hold" in reason for reason in reasons(found))
    assert comments(github) == []
    github.ask("DELETE", "issues/1/labels/watcher:hold")
    imported.sync()
    assert imported.pulls()[0].new == "22.23.2"


def test_an_amended_commit_is_a_persons(imported: World, github: Site) -> None:
    """It keeps our trailers and is theirs all the same."""
    work = github.folder / "work"
    by_hand(github)
    github.git("reset", "--quiet", "--soft", "HEAD~1", at=work)
    github.git("commit", "--quiet", "--amend", "--no-edit", at=work)
    github.git("push", "--quiet", "--force", "origin", f"HEAD:{BRANCH}", at=work)
    theirs = github.git("rev-parse", "HEAD", at=work)
    newer(imported)
    imported.sync()
    assert github.hub.pull(1).request.head.sha == theirs


def test_a_box_that_is_ticked_makes_a_branch_again(imported: World, github: Site) -> None:
    """Also one that nobody committed to; and by the command."""
    github.ask("PATCH", "pulls/1", {"title": "Mine", "body": BOX.replace("[ ]", "[x]")})
    imported.sync()
    assert "22.11.0 → **22.23.1**" in body(github)
    by_hand(github)
    done = CliRunner().invoke(cli, ["--config", str(imported.config_file), "pulls", "recreate", "1"])
    assert (done.exit_code, "#1 open: node: 22.11.0 -> 22.23.1" in done.output) == (0, True), done.output
    assert "NOTE.md" not in imported.paths(BRANCH)


def test_closed_means_not_this_version_and_reopened_yes_again(imported: World, github: Site) -> None:
    """The next version is proposed all the same; the reopened one is brought up to date like any other."""
    github.ask("PATCH", "pulls/1", {"state": "closed"})
    found = imported.sync()
    assert (found["pulls"], reasons(found)) == ([], ["pull request #1 was closed"])
    github.ask("PATCH", "pulls/1", {"state": "open"})
    imported.sync()
    newer(imported)
    assert [(p["number"], p["new"]) for p in imported.sync()["pulls"]] == [(1, "22.23.2")]


def test_a_closed_one_does_not_stop_the_next_version(imported: World, github: Site) -> None:
    """It has a pull request of its own."""
    github.ask("PATCH", "pulls/1", {"state": "closed"})
    newer(imported)
    assert [(p["number"], p["new"]) for p in imported.sync()["pulls"]] == [(2, "22.23.2")]


def test_a_decision_in_the_middle_of_a_run_is_heard(imported: World, github: Site) -> None:
    """Merged between our push and our update: nothing is edited, and what was merged is what is remembered."""
    newer(imported)
    github.hub.faults.append(Fault(503, match="GET .*/pulls/1$"))
    merging = threading.Thread(target=merge_when_faulty, args=(github,))
    merging.start()
    imported.report()
    merging.join()
    assert "22.23.1" in github.hub.issue(1).title
    assert imported.sync()["pulls"] == []
    [record] = imported.pulls()
    assert (record.state, record.new) == ("merged", "22.23.2")
    assert '"22.23.2"' in imported.text("catalogue/releases/node/22.json")


def merge_when_faulty(github: Site) -> None:
    """Be the maintainer who merges while the watcher waits after a 503."""
    ended = time.monotonic() + 20
    while github.hub.faults and time.monotonic() < ended:
        time.sleep(0.005)
    github.hub.pull(1)
    github.as_somebody("ann").ask("PUT", "pulls/1/merge", {})


def test_a_deleted_branch_is_a_closed_pull_request(imported: World, github: Site) -> None:
    """GitHub closes it, and that is a decision about this version; the next one is proposed."""
    github.ask("DELETE", f"git/refs/heads/{BRANCH}", code=204)
    assert imported.sync()["pulls"] == []
    assert imported.pulls()[0].state == "closed"
    newer(imported)
    assert [(p["number"], p["new"]) for p in imported.sync()["pulls"]] == [(2, "22.23.2")]


def test_a_conflict_is_resolved_by_making_it_again(imported: World, github: Site) -> None:
    """Somebody changed main where the branch does: the branch is made again on top of it, and says why."""
    record = "catalogue/releases/node/22.json"
    github.branch(
        "main", {record: imported.text(record).replace("\n}", ',\n  "x": 1\n}').replace("22.11.0", "22.11.0")}
    )
    path = next(p for p in imported.paths("main") if "/node/" in p and p.endswith("Dockerfile"))
    github.branch("main", {record: imported.text(record, "main~1"), path: "# theirs\n"})
    assert github.ask("GET", "pulls/1")["mergeable"] is False
    [pull] = imported.sync()["pulls"]
    assert pull["number"] == 1
    assert github.ask("GET", "pulls/1")["mergeable"] is True
    assert "no longer merged into the default branch" in comments(github)[-1]
    assert imported.sync()["pulls"] == []


def test_what_was_edited_is_built_as_merged(imported: World, github: Site) -> None:
    """A note names the generated files that are not as the catalogue has them; it is said once."""
    path = next(p for p in imported.paths(BRANCH) if "/node/" in p and p.endswith("Dockerfile"))
    by_hand(github, "FROM scratch\n", path)
    imported.sync()
    github.ask("PUT", "pulls/1/merge", {"merge_method": "squash"})
    imported.sync()
    assert imported.pulls()[0].state == "merged"
    assert imported.text(path) == "FROM scratch\n"
    assert "Built as merged. 1 generated files" in comments(github)[-1]
    assert f"- `{path}`" in comments(github)[-1]
    imported.sync()
    assert len(comments(github)) == 2


def test_merged_into_another_branch_is_not_merged(imported: World, github: Site) -> None:
    """``merged_at`` alone is not believed: the commit has to be in the default branch."""
    github.ask("POST", "git/refs", {"ref": "refs/heads/next", "sha": github.hub.refs["refs/heads/main"]}, code=201)
    github.ask("PATCH", "pulls/1", {"base": "next"})
    github.ask("PUT", "pulls/1/merge", {})
    found = imported.sync()
    assert any("which is not in main: nothing is built of it" in reason for reason in reasons(found))
    assert imported.pulls()[0].state == "open"
    github.ask("POST", "merges", {"base": "main", "head": "next"}, code=201)
    imported.sync()
    assert imported.pulls()[0].state == "merged"


def test_a_pull_request_for_another_base_comes_back(imported: World, github: Site) -> None:
    """Whoever retargeted it, the next update brings it to the default branch again."""
    github.ask("POST", "git/refs", {"ref": "refs/heads/next", "sha": github.hub.refs["refs/heads/main"]}, code=201)
    github.ask("PATCH", "pulls/1", {"base": "next"})
    newer(imported)
    imported.sync()
    assert github.hub.pull(1).request.base.ref == "main"


def test_a_renamed_repository_goes_on(imported: World, github: Site) -> None:
    """Its former name still leads there, for git and for the API."""
    github.ask("PATCH", "", {"name": "base-images"})
    newer(imported)
    assert [(p["number"], p["new"]) for p in imported.sync()["pulls"]] == [(1, "22.23.2")]


def test_a_renamed_default_branch_is_told(imported: World, github: Site) -> None:
    """The settings name another one: nothing is guessed."""
    github.branch("trunk", {"x": "y\n"})
    github.ask("PATCH", "", {"default_branch": "trunk"})
    github.ask("DELETE", "git/refs/heads/main", code=204)
    done = CliRunner().invoke(cli, ["--config", str(imported.config_file), "sync", "node"])
    assert done.exit_code == 1
    assert "has no branch main: [images] branch names it" in str(done.exception)


@pytest.mark.parametrize(
    ("rights", "message"),
    [
        ({"contents": "write", "pull_requests": "read"}, "GitHub asks for pull_requests=write"),
        ({"contents": "read", "pull_requests": "write"}, "the token needs `contents` with write access"),
        ({"contents": "write"}, "GitHub asks for pull_requests=read"),
    ],
)
def test_a_token_without_a_right_is_told(imported: World, github: Site, rights: dict[str, str], message: str) -> None:
    """Which right is missing; with the right all goes on, and nobody is taken for having pushed."""
    newer(imported)
    github.hub.tokens[TOKEN] = Access("owner", rights)
    done = CliRunner().invoke(cli, ["--config", str(imported.config_file), "sync", "node"])
    assert done.exit_code == 1
    said = f"{done.output} {done.exception}"
    assert message in said
    assert TOKEN not in said
    assert "22.23.1" in github.hub.issue(1).title
    github.hub.tokens[TOKEN] = Access("owner")
    imported.sync()
    assert "22.23.2" in github.hub.issue(1).title
    assert comments(github)[0].startswith("Now brings")


def test_a_repository_that_is_gone_is_told(imported: World, github: Site) -> None:
    """Or that the token may no longer see: 404."""
    github.hub.faults.append(Fault(404, {"message": "Not Found"}, match="GET .*/pulls"))
    done = CliRunner().invoke(cli, ["--config", str(imported.config_file), "sync", "node"])
    assert done.exit_code == 1
    assert "the name is wrong, or the token may not see the repository" in str(done.exception)


def test_settings_are_where_they_were(imported: World, github: Site) -> None:
    """Where nothing happened nothing is written: one call a run, however many pull requests are open."""
    imported.sync()
    github.hub.log.clear()
    before = {path: path.read_bytes() for path in Path(imported.folder / "ws").glob("*.toml")}
    imported.sync()
    assert github.hub.calls == ["GET /pulls"]
    assert {path: path.read_bytes() for path in before} == before
