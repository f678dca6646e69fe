"""``/events``: what happened, newest first, page by page."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from watcher.web.forms import whole
from watcher.web.site import Site
from watcher.web.view import show

_PAGE = 50


async def page(site: Site, request: Request) -> Response:
    """Show the journal: ``?source=`` of one source only, ``?before=`` from below that number on."""
    app = site.app
    source = request.query_params.get("source") or None
    start = whole(request.query_params.get("before", ""))
    found = await asyncio.to_thread(app.store.pages.events, _PAGE + 1, source, start)
    older = found[_PAGE - 1].id if len(found) > _PAGE else None
    context: dict[str, Any] = {
        "entries": found[:_PAGE],
        "older": older,
        "newer": start,
        "source": source,
        "sources": list(app.sources),
    }
    return await show(request, site, "events.html", **context)
