"""Every operation is answered as GitHub's own description says, and what is not is told."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.github.conform import Contract
from tests.github.routes import ROUTES, Ask, Reply, find
from tests.github.site import PROTECTED, Site

APP_ONLY = {"/app", "/app/installations/{installation_id}", "/app/installations/{installation_id}/access_tokens"}


def test_every_operation_is_in_the_description() -> None:
    """Nothing is answered that GitHub does not have."""
    contract = Contract()
    assert len(ROUTES) == 88
    assert [key for key, route in ROUTES.items() if not contract.described(route)] == []


def test_every_operation_answers_as_described(github: Site) -> None:
    """Each is asked once at least, successfully; request and answer are held against the description (by ``serving``)."""
    pull = _files(github)
    _pull_requests(github, pull["number"])
    _issues(github)
    _checks(github, pull["head"]["sha"])
    _hooks(github)
    _repository(github)
    asked = {
        found[0].key
        for call in github.hub.log
        if call.status < 300 and (found := find(call.verb, call.path)) is not None
    }
    unasked = {key for key in ROUTES if key not in asked}
    # An App signs for itself with its key: tests/github/test_rights.py.
    assert {key.split(" ")[1] for key in unasked} == {*APP_ONLY, "/repos/{owner}/{repo}/installation"}


def _files(github: Site) -> Any:
    ask = github.ask
    text = base64.b64encode(b"text\n").decode()
    made = ask("PUT", "contents/b/c", {"message": "add", "content": text, "branch": "main"}, code=201)
    ask("PUT", "contents/b/d", {"message": "add", "content": text}, code=201)
    ask("DELETE", "contents/b/d", {"message": "remove", "sha": made["content"]["sha"]})
    assert base64.b64decode(ask("GET", "contents/b/c")["content"]) == b"text\n"
    assert [entry["name"] for entry in ask("GET", "contents/")] == ["a", "b"]
    blob = ask("POST", "git/blobs", {"content": "new\n", "encoding": "utf-8"}, code=201)["sha"]
    assert base64.b64decode(ask("GET", f"git/blobs/{blob}")["content"]) == b"new\n"
    head = ask("GET", "git/ref/heads/main")["object"]["sha"]
    entry = {"path": "a", "mode": "100644", "type": "blob", "sha": blob}
    tree = ask("POST", "git/trees", {"base_tree": head, "tree": [entry]}, code=201)["sha"]
    assert {each["path"] for each in ask("GET", f"git/trees/{tree}")["tree"]} == {"a", "b"}
    commit = ask("POST", "git/commits", {"message": "change a\n", "tree": tree, "parents": [head]}, code=201)["sha"]
    assert ask("GET", f"git/commits/{commit}")["parents"][0]["sha"] == head
    ask("POST", "git/refs", {"ref": "refs/heads/topic", "sha": head}, code=201)
    ask("PATCH", "git/refs/heads/topic", {"sha": commit})
    ask("POST", "git/refs", {"ref": "refs/heads/gone", "sha": head}, code=201)
    ask("DELETE", "git/refs/heads/gone", code=204)
    assert [each["ref"] for each in ask("GET", "git/matching-refs/heads/t")] == ["refs/heads/topic"]
    assert ask("GET", "compare/main...topic")["ahead_by"] == 1
    assert [each["sha"] for each in ask("GET", "commits?sha=topic")][:2] == [commit, head]
    assert [each["filename"] for each in ask("GET", "commits/topic")["files"]] == ["a"]
    return ask("POST", "pulls", {"head": "topic", "base": "main", "title": "Change a"}, code=201)


def _pull_requests(github: Site, number: int) -> None:
    ask, pull = github.ask, f"pulls/{number}"
    assert ask("GET", pull)["mergeable_state"] == "clean"
    assert [each["number"] for each in ask("GET", "pulls?state=open")] == [number]
    assert [each["number"] for each in ask("GET", f"commits/{ask('GET', pull)['head']['sha']}/pulls")] == [number]
    assert ask("PATCH", pull, {"title": "Change a again"})["title"] == "Change a again"
    assert len(ask("GET", f"{pull}/commits")) == len(ask("GET", f"{pull}/files")) == 1
    assert ask("GET", f"{pull}/comments") == []
    ask("POST", f"{pull}/requested_reviewers", {"reviewers": ["ann"]}, code=201)
    assert [each["login"] for each in ask("GET", f"{pull}/requested_reviewers")["users"]] == ["ann"]
    ask("DELETE", f"{pull}/requested_reviewers", {"reviewers": ["ann"]})
    review = ask("POST", f"{pull}/reviews", {"event": "COMMENT", "body": "hm"})["id"]
    assert [each["id"] for each in ask("GET", f"{pull}/reviews")] == [review]
    assert ask("GET", f"{pull}/reviews/{review}")["state"] == "COMMENTED"
    assert ask("PUT", f"{pull}/reviews/{review}/dismissals", {"message": "no"})["state"] == "DISMISSED"
    ask("POST", "git/refs", {"ref": "refs/heads/base", "sha": github.hub.refs["refs/heads/main"]}, code=201)
    text = base64.b64encode(b"more\n").decode()
    ask("PUT", "contents/e", {"message": "go on", "content": text}, code=201)
    ask("POST", "merges", {"base": "base", "head": "main"}, code=201)
    ask("PUT", f"{pull}/update-branch", {}, code=202)
    ask("PUT", f"{pull}/merge", {})
    ask("GET", f"{pull}/merge", code=204)


def _issues(github: Site) -> None:
    ask = github.ask
    number = ask("POST", "issues", {"title": "A question", "labels": ["question"]}, code=201)["number"]
    issue = f"issues/{number}"
    assert ask("PATCH", issue, {"state": "closed"})["state"] == "closed"
    assert [each["event"] for each in ask("GET", f"{issue}/events")] == ["closed"]
    assert number in [each["number"] for each in ask("GET", "issues?state=all")]
    assert ask("GET", issue)["title"] == "A question"
    said = ask("POST", f"{issue}/comments", {"body": "first"}, code=201)["id"]
    assert ask("PATCH", f"issues/comments/{said}", {"body": "second"})["body"] == "second"
    assert ask("GET", f"issues/comments/{said}")["body"] == "second"
    assert len(ask("GET", f"{issue}/comments")) == 1
    ask("DELETE", f"issues/comments/{said}", code=204)
    ask("POST", f"{issue}/labels", {"labels": ["bug"]})
    assert {each["name"] for each in ask("GET", f"{issue}/labels")} == {"question", "bug"}
    ask("DELETE", f"{issue}/labels/bug")
    ask("PUT", f"{issue}/labels", {"labels": ["bug", "urgent"]})
    ask("DELETE", f"{issue}/labels", code=204)
    ask("POST", "labels", {"name": "new", "color": "ff0000"}, code=201)
    assert ask("PATCH", "labels/new", {"new_name": "newer"})["name"] == "newer"
    assert ask("GET", "labels/newer")["color"] == "ff0000"
    assert "newer" in {each["name"] for each in ask("GET", "labels")}
    ask("DELETE", "labels/newer", code=204)


def _checks(github: Site, sha: str) -> None:
    ask = github.ask
    ask("POST", f"statuses/{sha}", {"state": "success", "context": "build"}, code=201)
    assert ask("GET", f"commits/{sha}/status")["state"] == "success"
    assert len(ask("GET", f"commits/{sha}/statuses")) == 1
    run = ask("POST", "check-runs", {"name": "lint", "head_sha": sha, "status": "in_progress"}, code=201)["id"]
    assert ask("PATCH", f"check-runs/{run}", {"conclusion": "failure"})["status"] == "completed"
    assert ask("GET", f"check-runs/{run}")["conclusion"] == "failure"
    assert ask("GET", f"commits/{sha}/check-runs")["total_count"] == 1


def _hooks(github: Site) -> None:
    ask = github.ask
    config = {"url": "http://127.0.0.1:9/nobody", "content_type": "json"}
    hook = f"hooks/{ask('POST', 'hooks', {'config': config, 'events': ['push']}, code=201)['id']}"
    assert ask("PATCH", hook, {"active": True})["active"]
    assert len(ask("GET", "hooks")) == 1
    assert ask("GET", hook)["events"] == ["push"]
    ask("POST", f"{hook}/pings", code=204)
    assert github.hub.postman
    github.hub.postman.settle()
    delivery = f"{hook}/deliveries/{ask('GET', f'{hook}/deliveries')[0]['id']}"
    assert ask("GET", delivery)["event"] == "ping"
    ask("POST", f"{delivery}/attempts", code=202)
    ask("DELETE", hook, code=204)


def _repository(github: Site) -> None:
    ask = github.ask
    assert {each["name"] for each in ask("GET", "branches")} == {"base", "main", "topic"}
    ask("PUT", "branches/main/protection", PROTECTED)
    assert ask("GET", "branches/main")["protected"]
    assert not ask("GET", "branches/main/protection")["enforce_admins"]["enabled"]
    ask("DELETE", "branches/main/protection", code=204)
    assert ask("GET", "")["full_name"] == "owner/images"
    assert ask("PATCH", "", {"description": "base images"})["description"] == "base images"
    assert ask("GET", "//user")["login"] == "owner"
    assert ask("GET", "//users/ann")["login"] == "ann"
    assert ask("GET", "//rate_limit")["rate"]["limit"] == 5000
    assert ask("GET", "//")["current_user_url"].endswith("/user")
    assert ask("GET", "//installation/repositories")["total_count"] == 1


@pytest.mark.parametrize(
    ("verb", "path", "query", "body", "problem"),
    [
        ("GET", "pulls", {"nonsense": "1"}, None, "there is no parameter 'nonsense'"),
        ("GET", "pulls", {"state": "opened"}, None, "state: 'opened' is not one of"),
        ("GET", "pulls", {"per_page": "many"}, None, "per_page: 'many' is not of type 'integer'"),
        ("POST", "pulls", {}, {"head": "x"}, "the body: 'base' is a required property"),
        ("POST", "pulls", {}, {"head": "x", "base": "main", "labels": []}, "there is no field 'labels'"),
        ("PUT", "pulls/1/merge", {}, {"merge_method": "octopus"}, "the body.merge_method: 'octopus' is not one of"),
        ("GET", "pulls", {}, {"a": 1}, "a body that nobody reads"),
    ],
)
def test_a_wrong_call_is_told(verb: str, path: str, query: dict[str, str], body: Any, problem: str) -> None:
    """A parameter or field that there is not, one of another kind, one that is missing."""
    found = find(verb, f"/repos/owner/images/{path}")
    assert found
    ask = Ask(verb, path, found[1], query, body, None, {})
    assert [said for said in Contract().request(found[0], ask) if problem in said]


def test_a_wrong_answer_is_told(github: Site) -> None:
    """A field that is missing, of another type, a time without a zone, a status that there is not."""
    route, contract = ROUTES["GET /repos/{owner}/{repo}/pulls/{pull_number}"], Contract()
    good = github.ask("GET", f"pulls/{github.pull()['number']}")
    assert contract.response(route, Reply(200, good)) == []
    wrong = {"state": "merged", "number": "1", "created_at": "yesterday", "head": {}, "url": "nowhere"}
    for key, value in wrong.items():
        assert contract.response(route, Reply(200, {**good, key: value})), key
    assert contract.response(route, Reply(200, {key: value for key, value in good.items() if key != "title"}))
    assert "GitHub has no such answer" in contract.response(route, Reply(202, good))[0]


def test_a_call_that_is_not_as_described_fails_the_test_that_made_it(github: Site) -> None:
    """``serving`` raises at its end; here the violation is taken away again."""
    assert github.status("POST", "pulls", {"head": "x", "base": "main", "title": "t", "labels": ["a"]}) == 422
    assert "there is no field 'labels'" in github.hub.violations.pop()
