"""Merging, by git itself, and what keeps a pull request from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.github.site import PROTECTED, Site


def parents(github: Site, commit: str) -> list[str]:
    """The parents of a commit."""
    return github.hub.git("show", "--no-patch", "--format=%P", commit).split()


def merge(github: Site, number: int, **said: str) -> Any:
    """Merge and return the pull request as it is then."""
    sha = github.ask("PUT", f"pulls/{number}/merge", said)["sha"]
    made = github.ask("GET", f"pulls/{number}")
    assert (made["state"], made["merged"], made["merge_commit_sha"]) == ("closed", True, sha)
    assert made["merged_at"] is not None
    assert github.hub.git.is_ancestor(sha, "main")
    return made


def test_a_merge_commit_has_both_sides(github: Site) -> None:
    """Its parents are the base as it was and the head."""
    base, made = github.hub.refs["refs/heads/main"], github.pull()
    after = merge(github, made["number"], commit_title="Bring it")
    assert parents(github, after["merge_commit_sha"]) == [base, made["head"]["sha"]]
    assert github.hub.git("log", "-1", "--format=%s", "main") == "Bring it"
    assert github.hub.git("show", "main:a") == "topic"


def test_a_squash_is_one_new_commit(github: Site) -> None:
    """Neither of the branch's commits is in the base, all that they changed is."""
    made = github.pull()
    github.branch("topic", {"b": "more\n"}, onto="topic")
    after = merge(github, made["number"], merge_method="squash")
    assert parents(github, after["merge_commit_sha"]) == [made["base"]["sha"]]
    assert not github.hub.git.is_ancestor(made["head"]["sha"], "main")
    assert github.hub.git("show", "main:b") == "more"


def test_a_rebase_makes_each_commit_again(github: Site) -> None:
    """As many commits, of the same authors and messages, with other names, on top of a base that moved."""
    made = github.pull("topic", "b")
    github.branch("topic", {"c": "more\n"}, onto="topic")
    github.branch("main", {"d": "meanwhile\n"})
    merge(github, made["number"], merge_method="rebase")
    log = github.hub.git("log", "-3", "--format=%s|%an|%cn", "main").splitlines()
    assert log[0] == "topic: change c|A Person|GitHub"
    assert log[1] == "topic: change b|A Person|GitHub"
    assert log[2].startswith("main: change d|")
    assert not github.hub.git.is_ancestor(made["head"]["sha"], "main")


def test_commits_that_arrive_by_hand_merge_the_pull_request(github: Site) -> None:
    """A maintainer who merges with git and pushes: GitHub says merged, and by which commit."""
    made, work = github.pull(), github.folder / "work"
    github.git("checkout", "--quiet", "main", at=work)
    github.git("merge", "--quiet", "--no-ff", "-m", "By hand", "topic", at=work)
    github.git("push", "--quiet", "origin", "main", at=work)
    after = github.ask("GET", f"pulls/{made['number']}")
    assert (after["merged"], after["merge_commit_sha"]) == (True, github.git("rev-parse", "main", at=work))


def test_a_conflict_is_refused(github: Site) -> None:
    """405, and ``mergeable`` said so before."""
    made = github.pull()
    github.branch("main", {"a": "otherwise\n"})
    told = github.ask("GET", f"pulls/{made['number']}")
    assert (told["mergeable"], told["mergeable_state"]) == (False, "dirty")
    refused = github.ask("PUT", f"pulls/{made['number']}/merge", {}, code=405)
    assert refused["message"] == "Pull Request is not mergeable"


def test_a_head_that_moved_is_a_conflict_of_its_own(github: Site) -> None:
    """409 where the sha that was looked at is no longer the head."""
    made = github.pull()
    github.branch("topic", {"b": "more\n"}, onto="topic")
    assert github.status("PUT", f"pulls/{made['number']}/merge", {"sha": made["head"]["sha"]}) == 409


@pytest.mark.parametrize(
    ("method", "setting"),
    [("merge", "allow_merge_commit"), ("squash", "allow_squash_merge"), ("rebase", "allow_rebase_merge")],
)
def test_a_way_of_merging_may_be_forbidden(github: Site, method: str, setting: str) -> None:
    """The repository's settings say which."""
    made = github.pull()
    github.ask("PATCH", "", {setting: False})
    refused = github.ask("PUT", f"pulls/{made['number']}/merge", {"merge_method": method}, code=405)
    assert "not allowed on this repository" in refused["message"]


def test_the_branch_is_deleted_where_the_repository_says_so(github: Site) -> None:
    """``delete_branch_on_merge``."""
    made = github.pull()
    github.ask("PATCH", "", {"delete_branch_on_merge": True})
    merge(github, made["number"])
    assert github.status("GET", "git/ref/heads/topic") == 404


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"required_status_checks": {"strict": False, "contexts": ["build"]}}, 'check "build" is expected'),
        ({"required_pull_request_reviews": {"required_approving_review_count": 1}}, "At least 1 approving review"),
    ],
)
def test_protection_keeps_a_pull_request_from_being_merged(github: Site, rule: Mapping[str, Any], reason: str) -> None:
    """Until the check is green and the review is there."""
    made = github.pull()
    github.ask("PUT", "branches/main/protection", {**PROTECTED, **rule})
    assert github.ask("GET", f"pulls/{made['number']}")["mergeable_state"] == "blocked"
    assert reason in github.ask("PUT", f"pulls/{made['number']}/merge", {}, code=405)["message"]
    github.ask("POST", f"statuses/{made['head']['sha']}", {"state": "success", "context": "build"}, code=201)
    reviewer = github.as_somebody("ann")
    reviewer.ask("POST", f"pulls/{made['number']}/reviews", {"event": "APPROVE"})
    assert github.ask("GET", f"pulls/{made['number']}")["mergeable_state"] == "clean"
    merge(github, made["number"])


def test_a_failed_check_and_a_wanted_change_block(github: Site) -> None:
    """The newest word of each counts; nobody approves their own."""
    made = github.pull()
    pull, sha = f"pulls/{made['number']}", made["head"]["sha"]
    rule = {
        "required_status_checks": {"strict": False, "contexts": ["build"]},
        "required_pull_request_reviews": {"required_approving_review_count": 1},
    }
    github.ask("PUT", "branches/main/protection", {**PROTECTED, **rule})
    github.ask("POST", "check-runs", {"name": "build", "head_sha": sha, "conclusion": "failure"}, code=201)
    ann = github.as_somebody("ann")
    ann.ask("POST", f"{pull}/reviews", {"event": "REQUEST_CHANGES", "body": "no"})
    message = github.ask("PUT", f"{pull}/merge", {}, code=405)["message"]
    assert 'check "build" is failing' in message
    assert "Changes have been requested" in message
    assert github.status("POST", f"{pull}/reviews", {"event": "APPROVE"}) == 422


def test_a_protected_branch_is_not_pushed_to(github: Site) -> None:
    """Neither by git nor through the API where a review is needed; not forced, not deleted."""
    github.pull()
    work = github.folder / "work"
    github.ask("PUT", "branches/main/protection", PROTECTED)
    github.git("push", "origin", "topic:main", at=work)  # forward
    forced = github.git("push", "--force", "origin", "topic~1:main", at=work, ok=False)
    assert "Cannot force-push to this protected branch" in forced
    rule = {**PROTECTED, "required_pull_request_reviews": {"required_approving_review_count": 1}}
    github.ask("PUT", "branches/main/protection", rule)
    github.git("commit", "--quiet", "--allow-empty", "-m", "straight", at=work)
    refused = github.git("push", "origin", "HEAD:main", at=work, ok=False)
    assert "GH006: Protected branch update failed for refs/heads/main" in refused
    assert "Changes must be made through a pull request" in refused
    head = github.git("rev-parse", "origin/topic~1", at=work)
    assert github.status("PATCH", "git/refs/heads/main", {"sha": head, "force": True}) == 422
    assert github.status("DELETE", "git/refs/heads/main") == 422
