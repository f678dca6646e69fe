"""Branches and tags as git's references."""

from __future__ import annotations

from tests.github.gitdir import GitRefused
from tests.github.hub import Hub
from tests.github.observe import observe
from tests.github.pages import listing
from tests.github.protection import check_push
from tests.github.routes import Ask, Refusal, Reply, missing, route
from tests.github.shapes.commits import ref


@route("GET", "git/ref/{ref}", "contents=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One, by ``heads/NAME`` or ``tags/NAME``."""
    name = f"refs/{ask.at['ref']}"
    if name not in hub.refs:
        raise missing()
    return Reply(200, ref(hub, name, hub.refs[name]))


@route("GET", "git/matching-refs/{ref}", "contents=read")
def matching(hub: Hub, ask: Ask) -> Reply:
    """Those that begin so."""
    found = sorted(name for name in hub.refs if name.startswith(f"refs/{ask.at['ref']}"))
    return listing(hub, ask, found, lambda name: ref(hub, name, hub.refs[name]))


@route("POST", "git/refs", "contents=write")
def create(hub: Hub, ask: Ask) -> Reply:
    """A new one."""
    name, sha = ask.said("ref", ""), ask.said("sha", "")
    if not name.startswith("refs/") or name.count("/") < 2 or not hub.git.ok("check-ref-format", name):
        raise Refusal(422, "Reference name must start with 'refs/' and contain at least two slashes.", [])
    if name in hub.refs:
        raise Refusal(422, "Reference already exists", [])
    _move(hub, ask, name, sha, None)
    return Reply(201, ref(hub, name, sha))


@route("PATCH", "git/refs/{ref}", "contents=write")
def update(hub: Hub, ask: Ask) -> Reply:
    """Move one; only forward, unless ``force`` is said."""
    name, sha = f"refs/{ask.at['ref']}", ask.said("sha", "")
    old = hub.refs.get(name)
    if old is None:
        raise Refusal(422, "Reference does not exist", [])
    forward = hub.git.commit(sha) is not None and hub.git.is_ancestor(old, sha)
    if hub.git.commit(sha) and not forward and not ask.said("force", otherwise=False):
        raise Refusal(422, "Update is not a fast forward", [])
    _move(hub, ask, name, sha, old)
    return Reply(200, ref(hub, name, sha))


@route("DELETE", "git/refs/{ref}", "contents=write")
def delete(hub: Hub, ask: Ask) -> Reply:
    """Take one away."""
    name = f"refs/{ask.at['ref']}"
    if name not in hub.refs:
        raise Refusal(422, "Reference does not exist", [])
    _move(hub, ask, name, None, hub.refs[name])
    return Reply(204)


def _move(hub: Hub, ask: Ask, name: str, new: str | None, old: str | None) -> None:
    if new is not None and not hub.git.ok("cat-file", "-e", f"{new}^{{commit}}"):
        raise Refusal(422, "Object does not exist", [])
    reason = check_push(hub, name, old, new)
    if reason:
        raise Refusal(422, reason, [])
    try:
        hub.git.move(name, new, old)
    except GitRefused:
        raise Refusal(422, "Reference update failed", []) from None
    observe(hub, ask.login)
