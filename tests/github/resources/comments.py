"""What is said below issues and pull requests."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.pages import listing
from tests.github.records import Comment, Issue
from tests.github.routes import Ask, Reply, invalid, missing, route
from tests.github.shapes.issues import comment, issue

_EITHER_READ, _EITHER = ("issues=read", "pull_requests=read"), ("issues=write", "pull_requests=write")


def _one(hub: Hub, ask: Ask) -> tuple[Issue, Comment]:
    for made in hub.issues.values():
        for said in made.comments:
            if str(said.id) == ask.at["comment_id"]:
                return made, said
    raise missing()


@route("GET", "issues/{issue_number}/comments", *_EITHER_READ)
def several(hub: Hub, ask: Ask) -> Reply:
    """All, oldest first."""
    made = hub.issue(ask.at["issue_number"])
    return listing(hub, ask, made.comments, lambda said: comment(hub, made, said))


@route("POST", "issues/{issue_number}/comments", *_EITHER)
def create(hub: Hub, ask: Ask) -> Reply:
    """Say something."""
    made, text = hub.issue(ask.at["issue_number"]), ask.said("body", "")
    if not text.strip():
        raise invalid("IssueComment", "data", "unprocessable", "Body cannot be blank")
    at = hub.now()
    said = Comment(hub.id(), ask.login, text, at, at)
    made.comments.append(said)
    hub.touch(made)
    told = {"action": "created", "issue": issue(hub, made), "comment": comment(hub, made, said)}
    hub.tell("issue_comment", told, ask.login)
    return Reply(201, comment(hub, made, said))


@route("GET", "issues/comments/{comment_id}", *_EITHER_READ)
def get(hub: Hub, ask: Ask) -> Reply:
    """One."""
    return Reply(200, comment(hub, *_one(hub, ask)))


@route("PATCH", "issues/comments/{comment_id}", *_EITHER)
def update(hub: Hub, ask: Ask) -> Reply:
    """Say it otherwise."""
    made, said = _one(hub, ask)
    said.body, said.updated_at = ask.said("body", ""), hub.now()
    return Reply(200, comment(hub, made, said))


@route("DELETE", "issues/comments/{comment_id}", *_EITHER)
def delete(hub: Hub, ask: Ask) -> Reply:
    """Take it back."""
    made, said = _one(hub, ask)
    made.comments.remove(said)
    return Reply(204)
