"""``/healthz``: the process answers. ``/readyz``: it can do its work, and does."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse

from state.errors import StoreError
from watcher.app import App
from watcher.live import Live


async def healthz(request: Request) -> JSONResponse:
    """Answer, which is all there is to it."""
    live: Live = request.app.state.live
    return JSONResponse({"status": "ok", "roles": sorted(live.roles), "since": live.started.isoformat()})


async def readyz(request: Request) -> JSONResponse:
    """200 if the database answers and a source was polled well lately, else 503; both times with the reasons."""
    live: Live = request.app.state.live
    try:
        last, problem = await asyncio.to_thread(_last_poll, live.app)
    except StoreError as error:
        last, problem = None, str(error)
    document = {"status": "ok" if problem is None else "not ready", "problem": problem, "last_poll": last}
    return JSONResponse(document, 200 if problem is None else 503)


def _last_poll(app: App) -> tuple[str | None, str | None]:
    """When a source was last polled well, and what is wrong."""
    names = [name for name in app.sources if app.config.enabled(name)]
    polled = [at for name in names if (at := app.store.source_state(name).last_success)]
    app.store.desk.answers()
    if not names:
        return None, None
    if not polled:
        return None, "no source was polled well yet"
    last = max(polled)
    late = app.now() - last > app.config.settings.web.ready_within
    return last.isoformat(), "no source was polled well for too long" if late else None
