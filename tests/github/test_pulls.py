"""Pull requests live as GitHub's do: they follow their branch, close, reopen, merge, and are listed in pages."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.github.site import ROOT, TOKEN, Site


def test_a_pull_request_follows_its_branch(github: Site) -> None:
    """A push moves its head, forced ones too; a branch that is deleted closes it."""
    made = github.pull()
    newer = github.branch("topic", {"b": "more\n"}, onto="topic")
    assert github.ask("GET", f"pulls/{made['number']}")["head"]["sha"] == newer
    github.git("push", "--quiet", "--force", github.remote, f"{made['head']['sha']}:topic", at=github.folder / "work")
    assert github.ask("GET", f"pulls/{made['number']}")["head"]["sha"] == made["head"]["sha"]
    events = [each["event"] for each in github.ask("GET", f"issues/{made['number']}/events")]
    assert events == ["head_ref_force_pushed"]
    github.git("push", "--quiet", github.remote, ":topic", at=github.folder / "work")
    assert github.ask("GET", f"pulls/{made['number']}")["state"] == "closed"


def test_reopening_has_its_conditions(github: Site) -> None:
    """A closed one opens again; not where its branch is gone or was forced elsewhere, nor where it is merged."""
    made = github.pull()
    pull, work = f"pulls/{made['number']}", github.folder / "work"
    assert github.ask("PATCH", pull, {"state": "closed"})["state"] == "closed"
    assert github.ask("PATCH", pull, {"state": "open"})["state"] == "open"
    github.ask("PATCH", pull, {"state": "closed"})
    github.ask("DELETE", "git/refs/heads/topic", code=204)
    gone = github.ask("PATCH", pull, {"state": "open"}, code=422)
    assert "branch has been deleted" in gone["errors"][0]["message"]
    github.git("push", "--quiet", github.remote, "origin/main:refs/heads/topic", at=work)
    forced = github.ask("PATCH", pull, {"state": "open"}, code=422)
    assert "force-pushed or recreated" in forced["errors"][0]["message"]
    other = github.pull("other")
    github.ask("PUT", f"pulls/{other['number']}/merge", {})
    assert github.status("PATCH", f"pulls/{other['number']}", {"state": "open"}) == 422


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"head": "main", "base": "main", "title": "t"}, "No commits between main and main"),
        ({"head": "topic", "base": "main", "title": "t"}, "A pull request already exists for owner:topic."),
        ({"head": "other", "base": "main", "title": "t" * 257}, "title is too long (maximum is 256 characters)"),
        ({"head": "other", "base": "main", "title": "t", "body": "b" * 65_537}, "body is too long"),
    ],
)
def test_what_cannot_be_opened_is_refused_in_words(github: Site, said: Any, message: str) -> None:
    """Nothing new, one there already, a title or text that is too long."""
    github.pull()
    github.branch("other", {"c": "other\n"})
    assert message in github.ask("POST", "pulls", said, code=422)["errors"][0]["message"]


def test_a_branch_that_is_not_there_is_named_by_its_field(github: Site) -> None:
    """``head`` and ``base`` are told apart."""
    said = {"title": "t", "head": "nowhere", "base": "main"}
    assert github.ask("POST", "pulls", said, code=422)["errors"][0]["field"] == "head"
    github.branch("topic", {"a": "x\n"})
    said = {"title": "t", "head": "topic", "base": "nowhere"}
    assert github.ask("POST", "pulls", said, code=422)["errors"][0]["field"] == "base"


def test_a_list_comes_in_pages(github: Site) -> None:
    """Thirty a page unless told, a hundred at most; each page leads to the next, the first and the last."""
    github.hub.limits.writes_a_minute = 200
    for number in range(101):
        github.ask("POST", "issues", {"title": f"i{number}"}, code=201)
    first = github.answer("GET", "issues")
    assert len(first.json()) == 30
    assert set(first.links) == {"next", "last"}
    assert len(github.ask("GET", "issues?per_page=500")) == 100
    last = github.api.get(github.answer("GET", "issues?per_page=100").links["last"]["url"])
    assert [each["title"] for each in last.json()] == ["i0"]
    assert set(last.links) == {"prev", "first"}


def test_what_was_read_already_costs_nothing(github: Site) -> None:
    """The same ETag answers 304 without counting; what changed answers 200 again."""
    number = github.pull()["number"]
    first = github.answer("GET", f"pulls/{number}")
    used = int(first.headers["X-RateLimit-Used"])
    again = github.answer("GET", f"pulls/{number}", code=304, If_None_Match=first.headers["ETag"])
    assert (again.content, int(again.headers["X-RateLimit-Used"])) == (b"", used)
    github.ask("PATCH", f"pulls/{number}", {"state": "closed"})
    assert github.status("GET", f"pulls/{number}", If_None_Match=first.headers["ETag"]) == 200


def test_a_304_may_be_a_lie(github: Site) -> None:
    """GitHub's caches answer so at times: ``always_304`` says it of everything that was read once."""
    number = github.pull()["number"]
    tag = github.answer("GET", f"pulls/{number}").headers["ETag"]
    github.ask("PATCH", f"pulls/{number}", {"state": "closed"})
    github.hub.always_304 = True
    assert github.status("GET", f"pulls/{number}", If_None_Match=tag) == 304


def test_a_renamed_repository_leads_to_its_new_name(github: Site) -> None:
    """301 for what is read, 307 for what is written, 301 for git; the new name answers by itself."""
    number = github.pull()["number"]
    github.ask("PATCH", "", {"name": "base-images"})
    moved = github.api.get(f"{ROOT}/pulls/{number}?a=b")
    assert moved.status_code == 301
    assert moved.headers["Location"] == f"{github.hub.api}/repositories/{github.hub.repo.id}/pulls/{number}?a=b"
    there = httpx.get(moved.headers["Location"].removesuffix("?a=b"), headers={"Authorization": f"token {TOKEN}"})
    assert there.json()["head"]["repo"]["full_name"] == "owner/base-images"
    assert github.api.patch(f"{ROOT}/pulls/{number}", json={"title": "x"}).status_code == 307
    old = f"{github.hub.api}/owner/images.git"
    assert "refs/heads/topic" in github.git("ls-remote", old)


def test_labels_are_made_as_they_are_put_on(github: Site) -> None:
    """One that the repository does not have is made, its name found in any case."""
    number = github.pull()["number"]
    github.ask("PUT", f"issues/{number}/labels", {"labels": ["watcher:hold"]})
    github.ask("POST", f"issues/{number}/labels", {"labels": ["Watcher:Hold", "security"]})
    assert [each["name"] for each in github.ask("GET", f"pulls/{number}")["labels"]] == ["watcher:hold", "security"]
    assert {each["name"] for each in github.ask("GET", "labels")} >= {"watcher:hold", "security"}
