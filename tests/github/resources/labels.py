"""Labels: of the repository, and on an issue."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.observe import tell
from tests.github.pages import listing
from tests.github.records import Issue
from tests.github.routes import Ask, Json, Refusal, Reply, invalid, missing, route
from tests.github.shapes.issues import issue, label

_EITHER_READ, _EITHER = ("issues=read", "pull_requests=read"), ("issues=write", "pull_requests=write")


def named(hub: Hub, said: Json) -> list[str]:
    """The names that a body gives: a list, or one under ``labels``, of names or objects; as they are written first."""
    items = said.get("labels", []) if isinstance(said, dict) else said or []
    names = [item["name"] if isinstance(item, dict) else item for item in items]
    return list(dict.fromkeys(hub.label(name)["name"] for name in names))


def _change(hub: Hub, ask: Ask, made: Issue, names: list[str]) -> None:
    """Put *names* on, take the others off, and tell of each."""
    before = made.labels
    made.labels = names
    for action, which in (("labeled", names), ("unlabeled", before)):
        for name in which:
            if name not in (before if action == "labeled" else names):
                told = {key: label(hub, name)[key] for key in ("name", "color")}
                hub.touch(made, action, ask.login, label=told)
                if made.pull:
                    tell(hub, made, action, ask.login, label=label(hub, name))
                else:
                    more = {"issue": issue(hub, made), "label": label(hub, name)}
                    hub.tell("issues", {"action": action, **more}, ask.login)


def _answer(hub: Hub, made: Issue) -> Reply:
    return Reply(200, [label(hub, name) for name in made.labels])


@route("GET", "issues/{issue_number}/labels", *_EITHER_READ)
def on_issue(hub: Hub, ask: Ask) -> Reply:
    """Those on an issue."""
    return listing(hub, ask, hub.issue(ask.at["issue_number"]).labels, lambda name: label(hub, name))


@route("POST", "issues/{issue_number}/labels", *_EITHER)
def add(hub: Hub, ask: Ask) -> Reply:
    """Some more."""
    made = hub.issue(ask.at["issue_number"])
    _change(hub, ask, made, list(dict.fromkeys([*made.labels, *named(hub, ask.body)])))
    return _answer(hub, made)


@route("PUT", "issues/{issue_number}/labels", *_EITHER)
def replace(hub: Hub, ask: Ask) -> Reply:
    """These and no others."""
    made = hub.issue(ask.at["issue_number"])
    _change(hub, ask, made, named(hub, ask.body))
    return _answer(hub, made)


@route("DELETE", "issues/{issue_number}/labels", *_EITHER)
def clear(hub: Hub, ask: Ask) -> Reply:
    """None at all."""
    _change(hub, ask, hub.issue(ask.at["issue_number"]), [])
    return Reply(204)


@route("DELETE", "issues/{issue_number}/labels/{name}", *_EITHER)
def remove(hub: Hub, ask: Ask) -> Reply:
    """One fewer."""
    made = hub.issue(ask.at["issue_number"])
    left = [name for name in made.labels if name.lower() != ask.at["name"].lower()]
    if left == made.labels:
        raise Refusal(404, "Label does not exist")
    _change(hub, ask, made, left)
    return _answer(hub, made)


@route("GET", "labels", *_EITHER_READ)
def several(hub: Hub, ask: Ask) -> Reply:
    """Those of the repository."""
    return listing(hub, ask, sorted(hub.labels), lambda name: label(hub, name))


@route("POST", "labels", *_EITHER)
def create(hub: Hub, ask: Ask) -> Reply:
    """A new one."""
    name = ask.said("name", "")
    if name.lower() in hub.labels:
        raise invalid("Label", "name", "already_exists")
    hub.label(name).update(color=ask.said("color", "ededed"), description=ask.said("description", ""))
    return Reply(201, label(hub, name))


def _known(hub: Hub, ask: Ask) -> Json:
    found = hub.labels.get(ask.at["name"].lower())
    if found is None:
        raise missing()
    return found


@route("GET", "labels/{name}", *_EITHER_READ)
def get(hub: Hub, ask: Ask) -> Reply:
    """One of them."""
    return Reply(200, label(hub, _known(hub, ask)["name"]))


@route("PATCH", "labels/{name}", *_EITHER)
def update(hub: Hub, ask: Ask) -> Reply:
    """Call it otherwise, on every issue that has it."""
    known = _known(hub, ask)
    old, new = known["name"], ask.said("new_name", known["name"])
    del hub.labels[old.lower()]
    hub.labels[new.lower()] = known
    known.update(
        name=new,
        color=ask.said("color", known["color"]),
        description=ask.said("description", known["description"]),
    )
    for made in hub.issues.values():
        made.labels = [new if name == old else name for name in made.labels]
    return Reply(200, label(hub, new))


@route("DELETE", "labels/{name}", *_EITHER)
def delete(hub: Hub, ask: Ask) -> Reply:
    """Take it off everything."""
    known = _known(hub, ask)
    for made in hub.issues.values():
        made.labels = [name for name in made.labels if name != known["name"]]
    del hub.labels[known["name"].lower()]
    return Reply(204)
