"""What CI says: commit statuses and check runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from tests.github.hub import Hub
from tests.github.pages import cut, listing
from tests.github.records import CheckRun, Status
from tests.github.resources.commits import resolved
from tests.github.routes import Ask, Refusal, Reply, missing, route
from tests.github.shapes.checks import combined, run, status


@route("POST", "statuses/{sha}", "statuses=write")
def report(hub: Hub, ask: Ask) -> Reply:
    """Say how a check went; the newest of a context counts."""
    sha = resolved(hub, ask.at["sha"])
    state, context = ask.said("state", ""), ask.said("context", "default")
    made = Status(hub.id(), state, context, ask.said("description"), ask.said("target_url"), ask.login, hub.now())
    hub.statuses.setdefault(sha, []).append(made)
    return Reply(201, status(hub, sha, made))


@route("GET", "commits/{ref}/statuses", "statuses=read")
def statuses(hub: Hub, ask: Ask) -> Reply:
    """All that was said, newest first."""
    sha = resolved(hub, ask.at["ref"])
    return listing(hub, ask, hub.statuses.get(sha, [])[::-1], lambda made: status(hub, sha, made))


@route("GET", "commits/{ref}/status", "statuses=read")
def together(hub: Hub, ask: Ask) -> Reply:
    """All in one word."""
    return Reply(200, combined(hub, resolved(hub, ask.at["ref"])))


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _changed(hub: Hub, ask: Ask, made: CheckRun) -> CheckRun:
    conclusion = ask.said("conclusion", made.conclusion)
    state = "completed" if ask.said("conclusion") else ask.said("status", made.status)
    if state == "completed" and conclusion is None:
        raise Refusal(422, "Invalid request.\n\nMissing required key conclusion", [])
    ended = _time(ask.said("completed_at")) or (hub.now() if state == "completed" else None)
    return replace(
        made,
        name=ask.said("name", made.name),
        status=state,
        conclusion=conclusion,
        started_at=_time(ask.said("started_at")) or made.started_at,
        completed_at=ended,
        external_id=ask.said("external_id", made.external_id),
        details_url=ask.said("details_url", made.details_url),
        output=ask.said("output", made.output),
    )


@route("POST", "check-runs", "checks=write")
def create(hub: Hub, ask: Ask) -> Reply:
    """A new run."""
    sha = resolved(hub, ask.said("head_sha", ""))
    blank = CheckRun(hub.id(), ask.said("name", ""), sha, "queued", None, hub.now(), None, "", None, None)
    return _kept(hub, ask, _changed(hub, ask, blank), 201)


@route("PATCH", "check-runs/{check_run_id}", "checks=write")
def update(hub: Hub, ask: Ask) -> Reply:
    """How it goes on."""
    return _kept(hub, ask, _changed(hub, ask, _known(hub, ask)), 200)


def _kept(hub: Hub, ask: Ask, made: CheckRun, code: int) -> Reply:
    hub.runs[made.id] = made
    action = "completed" if made.status == "completed" else "created"
    hub.tell("check_run", {"action": action, "check_run": run(hub, made)}, ask.login)
    return Reply(code, run(hub, made))


def _known(hub: Hub, ask: Ask) -> CheckRun:
    number = ask.at["check_run_id"]
    found = hub.runs.get(int(number)) if number.isdigit() else None
    if found is None:
        raise missing()
    return found


@route("GET", "check-runs/{check_run_id}", "checks=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One."""
    return Reply(200, run(hub, _known(hub, ask)))


@route("GET", "commits/{ref}/check-runs", "checks=read")
def of_commit(hub: Hub, ask: Ask) -> Reply:
    """Those of a commit, by name if given."""
    sha = resolved(hub, ask.at["ref"])
    name = ask.query.get("check_name")
    found = [made for made in hub.runs.values() if made.head_sha == sha and name in (None, made.name)]
    some, headers = cut(hub, ask, found)
    return Reply(200, {"total_count": len(found), "check_runs": [run(hub, made) for made in some]}, headers)
