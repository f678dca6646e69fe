"""Reviews, and who is asked for one."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.pages import listing
from tests.github.records import Issue
from tests.github.routes import Ask, Json, Refusal, Reply, missing, route
from tests.github.shapes import node, stamp
from tests.github.shapes.people import association, user
from tests.github.shapes.pulls import simple

_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


def _shape(hub: Hub, made: Issue, review: Json) -> Json:
    pull, web = f"{hub.api}{hub.root}/pulls/{made.number}", f"{hub.api}/{hub.repo.full_name}/pull/{made.number}"
    html = f"{web}#pullrequestreview-{review['id']}"
    told = {
        "id": review["id"],
        "node_id": node("PRR", review["id"]),
        "user": user(hub, review["user"]),
        "body": review["body"],
        "state": review["state"],
        "html_url": html,
        "pull_request_url": pull,
        "author_association": association(hub, review["user"]),
        "_links": {"html": {"href": html}, "pull_request": {"href": pull}},
        "commit_id": review["commit_id"],
    }
    return told | ({"submitted_at": stamp(review["at"])} if review["state"] != "PENDING" else {})


@route("GET", "pulls/{pull_number}/reviews", "pull_requests=read")
def several(hub: Hub, ask: Ask) -> Reply:
    """All of a pull request."""
    made = hub.pull(ask.at["pull_number"])
    return listing(hub, ask, made.request.reviews, lambda review: _shape(hub, made, review))


@route("POST", "pulls/{pull_number}/reviews", "pull_requests=write")
def create(hub: Hub, ask: Ask) -> Reply:
    """Approve, request changes, comment; nobody approves their own."""
    made = hub.pull(ask.at["pull_number"])
    event = ask.said("event", "")
    if event == "APPROVE" and ask.login == made.author:
        raise Refusal(422, "Unprocessable Entity", ["Can not approve your own pull request"])
    review = {
        "id": hub.id(),
        "user": ask.login,
        "body": ask.said("body", ""),
        "state": _STATES.get(event, "PENDING"),
        "commit_id": ask.said("commit_id", made.request.head.sha),
        "at": hub.now(),
    }
    made.request.reviews.append(review)
    hub.touch(made)
    return Reply(200, _shape(hub, made, review))


def _one(hub: Hub, ask: Ask) -> tuple[Issue, Json]:
    made = hub.pull(ask.at["pull_number"])
    for review in made.request.reviews:
        if str(review["id"]) == ask.at["review_id"]:
            return made, review
    raise missing()


@route("GET", "pulls/{pull_number}/reviews/{review_id}", "pull_requests=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One of them."""
    return Reply(200, _shape(hub, *_one(hub, ask)))


@route("PUT", "pulls/{pull_number}/reviews/{review_id}/dismissals", "pull_requests=write")
def dismiss(hub: Hub, ask: Ask) -> Reply:
    """Let it count no more."""
    made, review = _one(hub, ask)
    review["state"] = "DISMISSED"
    hub.touch(made)
    return Reply(200, _shape(hub, made, review))


@route("GET", "pulls/{pull_number}/requested_reviewers", "pull_requests=read")
def requested(hub: Hub, ask: Ask) -> Reply:
    """Who is asked."""
    pull = hub.pull(ask.at["pull_number"]).request
    return Reply(200, {"users": [user(hub, login) for login in pull.reviewers], "teams": []})


@route("POST", "pulls/{pull_number}/requested_reviewers", "pull_requests=write")
def request(hub: Hub, ask: Ask) -> Reply:
    """Ask somebody; not the author."""
    made = hub.pull(ask.at["pull_number"])
    wanted = ask.said("reviewers", [])
    if made.author in wanted:
        raise Refusal(422, "Review cannot be requested from pull request author.", [])
    made.request.reviewers += [login for login in wanted if login not in made.request.reviewers]
    hub.touch(made, "review_requested", ask.login)
    return Reply(201, simple(hub, made))


@route("DELETE", "pulls/{pull_number}/requested_reviewers", "pull_requests=write")
def unrequest(hub: Hub, ask: Ask) -> Reply:
    """Ask somebody no more."""
    made = hub.pull(ask.at["pull_number"])
    made.request.reviewers = [login for login in made.request.reviewers if login not in ask.said("reviewers", [])]
    hub.touch(made, "review_request_removed", ask.login)
    return Reply(200, simple(hub, made))
