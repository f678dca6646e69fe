"""``/events/N``: what an event means, what led to it, what came of it, and what a person can do."""

from __future__ import annotations

import asyncio
import json

from starlette.requests import Request
from starlette.responses import Response

from watcher import explaining
from watcher.web.site import Site
from watcher.web.view import problem, show


async def page(site: Site, request: Request) -> Response:
    """Show what ``watcher explain`` tells, and its data, which programs read by ``watcher events --json``."""
    number = request.path_params["number"]
    found = await asyncio.to_thread(explaining.explain, site.app, number)
    if found is None:
        return await problem(request, site, 404, "No such event", f"No event {number} is in the journal.")
    data = json.dumps(found.entry.data, indent=2, ensure_ascii=False)
    return await show(request, site, "event.html", entry=found.entry, found=found, data=data)
