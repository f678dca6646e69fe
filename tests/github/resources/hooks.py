"""Webhooks: made, changed, pinged; what was delivered, and once more."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.pages import listing
from tests.github.records import Delivery, Hook
from tests.github.routes import Ask, Json, Reply, invalid, missing, refused, route
from tests.github.shapes.hooks import delivery, hook, item

_ZEN = "Keep it logically awesome."


def _one(hub: Hub, ask: Ask) -> Hook:
    number = ask.at["hook_id"]
    found = hub.hooks.get(int(number)) if number.isdigit() else None
    if found is None:
        raise missing()
    return found


def _ping(hub: Hub, made: Hook, login: str) -> None:
    if hub.postman:
        told = {"zen": _ZEN, "hook_id": made.id, "hook": hook(hub, made)}
        hub.postman.send("ping", told, login, only=made)


@route("GET", "hooks", "webhooks=read")
def several(hub: Hub, ask: Ask) -> Reply:
    """All of them."""
    return listing(hub, ask, list(hub.hooks.values()), lambda made: hook(hub, made))


@route("POST", "hooks", "webhooks=write")
def create(hub: Hub, ask: Ask) -> Reply:
    """A new one: its first delivery is a ping."""
    config: Json = ask.said("config", {})
    url = str(config.get("url", ""))
    if not url.startswith(("http://", "https://")):
        raise invalid("Hook", "url", "missing_field")
    if any(made.url == url for made in hub.hooks.values()):
        raise refused("Hook", "Hook already exists on this repository")
    at = hub.now()
    events, active = ask.said("events", ["push"]), ask.said("active", otherwise=True)
    made = Hook(hub.id(), url, config.get("secret", ""), events, active, at, at, config.get("content_type", "form"))
    hub.hooks[made.id] = made
    _ping(hub, made, ask.login)
    return Reply(201, hook(hub, made))


@route("GET", "hooks/{hook_id}", "webhooks=read")
def get(hub: Hub, ask: Ask) -> Reply:
    """One."""
    return Reply(200, hook(hub, _one(hub, ask)))


@route("PATCH", "hooks/{hook_id}", "webhooks=write")
def update(hub: Hub, ask: Ask) -> Reply:
    """Change it."""
    made, config = _one(hub, ask), ask.said("config", {})
    made.url, made.secret = config.get("url", made.url), config.get("secret", made.secret)
    made.content_type = config.get("content_type", made.content_type)
    events = set(ask.said("events", made.events)) | set(ask.said("add_events", []))
    made.events = sorted(events - set(ask.said("remove_events", [])))
    made.active, made.updated_at = ask.said("active", made.active), hub.now()
    return Reply(200, hook(hub, made))


@route("DELETE", "hooks/{hook_id}", "webhooks=write")
def delete(hub: Hub, ask: Ask) -> Reply:
    """Tell them no more."""
    del hub.hooks[_one(hub, ask).id]
    return Reply(204)


@route("POST", "hooks/{hook_id}/pings", "webhooks=write")
def ping(hub: Hub, ask: Ask) -> Reply:
    """Ask whether it is there."""
    _ping(hub, _one(hub, ask), ask.login)
    return Reply(204)


@route("GET", "hooks/{hook_id}/deliveries", "webhooks=read")
def deliveries(hub: Hub, ask: Ask) -> Reply:
    """What was delivered, newest first."""
    return listing(hub, ask, _one(hub, ask).deliveries[::-1], lambda made: item(hub, made))


def _delivery(hub: Hub, ask: Ask) -> Delivery:
    for made in _one(hub, ask).deliveries:
        if str(made.id) == ask.at["delivery_id"]:
            return made
    raise missing()


@route("GET", "hooks/{hook_id}/deliveries/{delivery_id}", "webhooks=read")
def one_delivery(hub: Hub, ask: Ask) -> Reply:
    """One, with what was sent."""
    return Reply(200, delivery(hub, _delivery(hub, ask)))


@route("POST", "hooks/{hook_id}/deliveries/{delivery_id}/attempts", "webhooks=write")
def again(hub: Hub, ask: Ask) -> Reply:
    """Deliver it once more."""
    if hub.postman:
        hub.postman.again(_one(hub, ask), _delivery(hub, ask))
    return Reply(202, {})
