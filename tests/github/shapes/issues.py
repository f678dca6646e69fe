"""Issues, and what hangs on them: labels, comments, events."""

from __future__ import annotations

from urllib.parse import quote

from tests.github.hub import Hub
from tests.github.records import Comment, Issue
from tests.github.routes import Json
from tests.github.shapes import node, stamp
from tests.github.shapes.people import association, maybe, user


def label(hub: Hub, name: str) -> Json:
    """A ``label``."""
    known = hub.label(name)
    return {
        **known,
        "node_id": node("L", known["id"]),
        "url": f"{hub.api}{hub.root}/labels/{quote(known['name'], safe='')}",
        "default": False,
    }


def reactions(url: str) -> Json:
    """Nobody reacts here."""
    faces = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(faces, 0)}


def issue(hub: Hub, made: Issue) -> Json:
    """An ``issue``; of a pull request with a pointer to it."""
    repository = f"{hub.api}{hub.root}"
    url = f"{repository}/issues/{made.number}"
    web = f"{hub.api}/{hub.repo.full_name}/{'pull' if made.pull else 'issues'}/{made.number}"
    told = {
        "url": url,
        "repository_url": repository,
        "labels_url": f"{url}/labels{{/name}}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "timeline_url": f"{url}/timeline",
        "html_url": web,
        "id": made.id,
        "node_id": node("I", made.id),
        "number": made.number,
        "title": made.title,
        "user": user(hub, made.author),
        "labels": [label(hub, name) for name in made.labels],
        "state": made.state,
        "state_reason": made.state_reason,
        "locked": False,
        "active_lock_reason": None,
        "assignee": maybe(hub, made.assignees[0] if made.assignees else ""),
        "assignees": [user(hub, login) for login in made.assignees],
        "milestone": None,
        "comments": len(made.comments),
        "created_at": stamp(made.created_at),
        "updated_at": stamp(made.updated_at),
        "closed_at": stamp(made.closed_at),
        "closed_by": maybe(hub, made.closed_by),
        "author_association": association(hub, made.author),
        "body": made.body,
        "reactions": reactions(url),
        "performed_via_github_app": None,
        "draft": bool(made.pull and made.pull.draft),
    }
    if made.pull:
        told["pull_request"] = {
            "url": f"{repository}/pulls/{made.number}",
            "html_url": web,
            "diff_url": f"{web}.diff",
            "patch_url": f"{web}.patch",
            "merged_at": stamp(made.pull.merged_at),
        }
    return told


def comment(hub: Hub, made: Issue, said: Comment) -> Json:
    """An ``issue-comment``."""
    url = f"{hub.api}{hub.root}/issues/comments/{said.id}"
    kind = "pull" if made.pull else "issues"
    return {
        "url": url,
        "html_url": f"{hub.api}/{hub.repo.full_name}/{kind}/{made.number}#issuecomment-{said.id}",
        "issue_url": f"{hub.api}{hub.root}/issues/{made.number}",
        "id": said.id,
        "node_id": node("IC", said.id),
        "user": user(hub, said.author),
        "created_at": stamp(said.created_at),
        "updated_at": stamp(said.updated_at),
        "author_association": association(hub, said.author),
        "body": said.body,
        "reactions": reactions(url),
        "performed_via_github_app": None,
    }


def event(hub: Hub, made: Json) -> Json:
    """An ``issue-event``: closed, reopened, merged, labeled, head_ref_force_pushed…."""
    told = {
        "id": made["id"],
        "node_id": node("E", made["id"]),
        "url": f"{hub.api}{hub.root}/issues/events/{made['id']}",
        "actor": user(hub, made["actor"]),
        "event": made["event"],
        "commit_id": made.get("commit"),
        "commit_url": f"{hub.api}{hub.root}/commits/{made['commit']}" if made.get("commit") else None,
        "created_at": stamp(made["at"]),
        "performed_via_github_app": None,
    }
    return told | {key: made[key] for key in ("label", "rename") if key in made}
