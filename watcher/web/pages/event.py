"""``/events/N``: all that is known of one event."""

from __future__ import annotations

import asyncio
import json

from starlette.requests import Request
from starlette.responses import Response

from watcher.web.site import Site
from watcher.web.view import problem, show

_BIGGEST = 2**63 - 1


async def page(site: Site, request: Request) -> Response:
    """Show it with its data, which programs read by ``watcher events --json``."""
    number = request.path_params["number"]
    entry = await asyncio.to_thread(site.app.store.pages.event, number) if number <= _BIGGEST else None
    if entry is None:
        return await problem(request, site, 404, "No such event", f"No event {number} is in the journal.")
    data = json.dumps(entry.data, indent=2, ensure_ascii=False)
    return await show(request, site, "event.html", entry=entry, data=data)
