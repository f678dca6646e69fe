"""Issues; a pull request is one too."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.observe import close
from tests.github.pages import listing
from tests.github.records import Issue
from tests.github.resources.labels import named
from tests.github.resources.pulls import reopen
from tests.github.routes import Ask, Reply, invalid, route
from tests.github.shapes.issues import event, issue


@route("GET", "issues", "issues=read")
def several(hub: Hub, ask: Ask) -> Reply:
    """Those in a state, with all of some labels, of a creator; newest first."""
    query = ask.query
    state, labels = query.get("state", "open"), set(filter(None, query.get("labels", "").lower().split(",")))
    found = [
        made
        for made in hub.issues.values()
        if state in ("all", made.state)
        and labels <= {name.lower() for name in made.labels}
        and query.get("creator", made.author) == made.author
    ]
    by = query.get("sort", "created")
    found.sort(key=lambda made: (made.updated_at if by == "updated" else made.created_at, made.number))
    if query.get("direction", "desc") == "desc":
        found.reverse()
    return listing(hub, ask, found, lambda made: issue(hub, made))


@route("POST", "issues", "issues=write")
def create(hub: Hub, ask: Ask) -> Reply:
    """A new one."""
    title = str(ask.said("title", ""))
    if not title.strip():
        raise invalid("Issue", "title", "missing_field")
    at = hub.now()
    made = Issue(hub.next_number(), hub.id(), title, ask.said("body"), ask.login, at, at)
    made.labels = named(hub, ask.said("labels", []))
    made.assignees = list(ask.said("assignees", []))
    hub.issues[made.number] = made
    hub.tell("issues", {"action": "opened", "issue": issue(hub, made)}, ask.login)
    return Reply(201, issue(hub, made))


@route("GET", "issues/{issue_number}", "issues=read", "pull_requests=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One, a pull request too."""
    return Reply(200, issue(hub, hub.issue(ask.at["issue_number"])))


@route("PATCH", "issues/{issue_number}", "issues=write", "pull_requests=write")
def update(hub: Hub, ask: Ask) -> Reply:
    """Change title, text, labels; close it or open it again."""
    made = hub.issue(ask.at["issue_number"])
    old = {"title": made.title, "body": made.body or ""}
    made.title, made.body = ask.said("title", made.title), ask.said("body", made.body)
    made.labels = named(hub, ask.said("labels", made.labels))
    made.assignees = list(ask.said("assignees", made.assignees))
    hub.touch(made)
    changes = {key: {"from": text} for key, text in old.items() if text != (getattr(made, key) or "")}
    if changes and not made.pull:
        hub.tell("issues", {"action": "edited", "issue": issue(hub, made), "changes": changes}, ask.login)
    _stand(hub, ask, made)
    return Reply(200, issue(hub, made))


def _stand(hub: Hub, ask: Ask, made: Issue) -> None:
    state = ask.said("state", made.state)
    if state == made.state:
        return
    if state == "closed":
        close(hub, made, ask.login, ask.said("state_reason"))
    elif made.pull:
        reopen(hub, made, ask.login)
    else:
        made.state, made.state_reason, made.closed_at, made.closed_by = "open", "reopened", None, ""
        hub.touch(made, "reopened", ask.login)
    if not made.pull:
        action = "closed" if state == "closed" else "reopened"
        hub.tell("issues", {"action": action, "issue": issue(hub, made)}, ask.login)


@route("GET", "issues/{issue_number}/events", "issues=read", "pull_requests=read")
def events(hub: Hub, ask: Ask) -> Reply:
    """What happened to it: closed, reopened, merged, force-pushed, labelled."""
    return listing(hub, ask, hub.issue(ask.at["issue_number"]).events, lambda made: event(hub, made))
