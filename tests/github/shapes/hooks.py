"""Webhooks and their deliveries, as their owner sees them: never the secret."""

from __future__ import annotations

from tests.github.hub import Hub
from tests.github.records import Delivery, Hook
from tests.github.routes import Json
from tests.github.shapes import stamp

_UNUSED = {"code": None, "status": "unused", "message": None}


def hook(hub: Hub, made: Hook) -> Json:
    """A ``hook``."""
    url = f"{hub.api}{hub.root}/hooks/{made.id}"
    last = made.deliveries[-1] if made.deliveries else None
    config = {"url": made.url, "content_type": made.content_type, "insecure_ssl": "0"}
    return {
        "type": "Repository",
        "id": made.id,
        "name": "web",
        "active": made.active,
        "events": made.events,
        "config": config | ({"secret": "********"} if made.secret else {}),
        "updated_at": stamp(made.updated_at),
        "created_at": stamp(made.created_at),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": {"code": last.code, "status": _word(last), "message": _word(last)} if last else _UNUSED,
    }


def _word(made: Delivery) -> str:
    return (
        "OK" if 200 <= made.code < 300 else f"Invalid HTTP Response: {made.code}" if made.code else "failed to connect"
    )


def item(hub: Hub, made: Delivery) -> Json:
    """A ``hook-delivery-item``."""
    return {
        "id": made.id,
        "guid": made.guid,
        "delivered_at": stamp(made.at),
        "redelivery": made.redelivery,
        "duration": made.seconds,
        "status": _word(made),
        "status_code": made.code,
        "event": made.event,
        "action": made.action,
        "installation_id": None,
        "repository_id": hub.repo.id,
    }


def delivery(hub: Hub, made: Delivery) -> Json:
    """A ``hook-delivery``: with what was sent and what came back."""
    return item(hub, made) | {
        "request": {"headers": made.headers, "payload": made.payload},
        "response": {"headers": {}, "payload": made.answer},
    }
