"""What other programs say of a commit: statuses and check runs."""

from __future__ import annotations

from tests.github.hub import APP, Hub
from tests.github.records import CheckRun, Status
from tests.github.routes import Json
from tests.github.shapes import node, stamp
from tests.github.shapes.people import app, user
from tests.github.shapes.repository import minimal


def status(hub: Hub, sha: str, made: Status, *, creator: bool = True) -> Json:
    """A ``status``; without its creator a ``simple-commit-status``."""
    told = {
        "url": f"{hub.api}{hub.root}/statuses/{sha}",
        "avatar_url": f"{hub.api}/avatars/{hub.user(made.creator).id}",
        "id": made.id,
        "node_id": node("S", made.id),
        "state": made.state,
        "description": made.description,
        "target_url": made.target_url,
        "context": made.context,
        "created_at": stamp(made.at),
        "updated_at": stamp(made.at),
    }
    return told | ({"creator": user(hub, made.creator)} if creator else {})


def latest(hub: Hub, sha: str) -> dict[str, Status]:
    """The newest status of each context."""
    return {made.context: made for made in hub.statuses.get(sha, [])}


def combined(hub: Hub, sha: str) -> Json:
    """A ``combined-commit-status``: failure if one failed, success if all are."""
    last = latest(hub, sha)
    states = {made.state for made in last.values()}
    state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
    return {
        "state": state,
        "statuses": [status(hub, sha, made, creator=False) for made in last.values()],
        "sha": sha,
        "total_count": len(last),
        "repository": minimal(hub),
        "commit_url": f"{hub.api}{hub.root}/commits/{sha}",
        "url": f"{hub.api}{hub.root}/commits/{sha}/status",
    }


def _suite(hub: Hub, made: CheckRun) -> Json:
    """A ``simple-check-suite``: every run is one of its own here."""
    branches = [ref for ref, sha in hub.refs.items() if sha == made.head_sha and ref.startswith("refs/heads/")]
    return {
        "id": made.id,
        "node_id": node("CS", made.id),
        "url": f"{hub.api}{hub.root}/check-suites/{made.id}",
        "head_branch": branches[0].removeprefix("refs/heads/") if branches else "",
        "head_sha": made.head_sha,
        "before": hub.git.commit(f"{made.head_sha}~1") or "0" * 40,
        "after": made.head_sha,
        "status": made.status,
        "conclusion": made.conclusion,
        "app": app(hub),
        "pull_requests": [],
        "created_at": stamp(made.started_at),
        "updated_at": stamp(made.completed_at or made.started_at),
    }


def run(hub: Hub, made: CheckRun) -> Json:
    """A ``check-run``."""
    url = f"{hub.api}{hub.root}/check-runs/{made.id}"
    said = made.output or {}
    return {
        "id": made.id,
        "node_id": node("CR", made.id),
        "head_sha": made.head_sha,
        "name": made.name,
        "external_id": made.external_id,
        "url": url,
        "html_url": f"{hub.api}/{hub.repo.full_name}/runs/{made.id}",
        "details_url": made.details_url or f"{hub.api}/apps/{APP}/home",
        "status": made.status,
        "conclusion": made.conclusion,
        "started_at": stamp(made.started_at),
        "completed_at": stamp(made.completed_at),
        "output": {key: said.get(key) for key in ("title", "summary", "text")}
        | {"annotations_count": 0, "annotations_url": f"{url}/annotations"},
        "check_suite": _suite(hub, made),
        "app": app(hub),
        "pull_requests": [],
    }
