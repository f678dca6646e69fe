"""Issues on GitHub and on the embedded forge: raised once, closed with a word."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder.fastimport import Identity
from builder.github import GitHubForge
from builder.github_issues import GitHubIssues
from builder.local_issues import LocalIssues
from builder.ports import Issues
from state.errors import ForgeError
from tests.github.faults import Fault
from tests.github.hub import Hub
from tests.github.site import site

REPOSITORY = "owner/images"
LABELS = ("watcher", "checksum-changed")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A GitHub of the test's own."""
    with site(tmp_path / "github") as made:
        yield made.hub


@pytest.fixture(params=["embedded", "github"])
def issues(request: pytest.FixtureRequest, hub: Hub, tmp_path: Path) -> Issues:
    """Both adapters have to do the same."""
    if request.param == "github":
        return GitHubIssues(GitHubForge(REPOSITORY, "ghp_secret", base_url=hub.api, pause=0.0, attempts=1))
    return embedded(tmp_path)


def embedded(folder: Path) -> LocalIssues:
    """Issues of a new bare repository."""
    subprocess.run(["git", "init", "-q", "--bare", str(folder / "images.git")], check=True)
    now = datetime(2026, 8, 5, 12, tzinfo=UTC)
    return LocalIssues(folder / "images.git", identity=Identity(), now=lambda: now, environment={"PATH": os.defpath})


async def test_an_issue_is_raised_once(issues: Issues) -> None:
    """Safe to repeat after a crash: the open one with the same title is that one."""
    one = await issues.raise_issue("a file changed", "look", LABELS)
    assert (one.title, one.body, one.labels, one.open) == ("a file changed", "look", LABELS, True)
    assert str(one.number) in one.url
    assert await issues.raise_issue("a file changed", "another body", LABELS) == one
    assert (await issues.raise_issue("another file changed", "look", LABELS)).number == one.number + 1


async def test_a_settled_issue_is_closed_and_a_new_one_is_another(issues: Issues) -> None:
    """Closing twice is once."""
    one = await issues.raise_issue("a file changed", "look", LABELS)
    assert not (await issues.settle_issue(one.number, "approved")).open
    assert not (await issues.settle_issue(one.number, "approved again")).open
    assert (await issues.raise_issue("a file changed", "look", LABELS)).number == one.number + 1


async def test_a_comment_says_why_it_was_closed(hub: Hub, tmp_path: Path) -> None:
    """Once, on GitHub and in the record of the embedded one."""
    github = GitHubIssues(GitHubForge(REPOSITORY, "ghp_secret", base_url=hub.api, pause=0.0, attempts=1))
    for issues in (github, embedded(tmp_path)):
        one = await issues.raise_issue("a file changed", "look", LABELS)
        for _ in range(2):
            await issues.settle_issue(one.number, "approved")
    assert [said.body for said in hub.issue(1).comments] == ["approved"]


async def test_an_issue_that_there_is_not_is_an_error(tmp_path: Path) -> None:
    """Named with its number."""
    with pytest.raises(ForgeError, match="no issue 7"):
        await embedded(tmp_path).settle_issue(7, "approved")


async def test_a_token_without_the_right_is_told(hub: Hub) -> None:
    """The right is named by GitHub."""
    rights = {"X-Accepted-GitHub-Permissions": "issues=write"}
    hub.faults.append(Fault(403, {"message": "Resource not accessible"}, rights))
    issues = GitHubIssues(GitHubForge(REPOSITORY, "ghp_secret", base_url=hub.api, pause=0.0, attempts=1))
    with pytest.raises(ForgeError, match="issues=write"):
        await issues.raise_issue("a file changed", "look", LABELS)


@pytest.mark.parametrize("after", [False, True])
async def test_one_is_raised_where_the_answer_is_lost(hub: Hub, *, after: bool) -> None:
    """Whether it was raised or not: looked for before it is raised again."""
    hub.faults.append(Fault(match="POST", after=after))
    issues = GitHubIssues(GitHubForge(REPOSITORY, "ghp_secret", base_url=hub.api, pause=0.0, attempts=1))
    assert (await issues.raise_issue("a file changed", "look", LABELS)).number == 1
    assert len(hub.issues) == 1
