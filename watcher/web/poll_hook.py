"""``/hooks/poll/<source>``: an upstream, a proxy or a mirror says that there is something new.

That a source is polled at once is all that a caller can reach; polling goes on without it.
"""

from __future__ import annotations

import asyncio
import hmac

from starlette.requests import Request
from starlette.responses import JSONResponse

from state.store import Wanted
from watcher.live import Live
from watcher.web.github_hook import Refused


class PollHook:
    """Takes ``Authorization: Bearer`` with the token of ``[web] hook_secret``; without one set everything is refused."""

    def __init__(self, live: Live) -> None:
        web = live.app.config.settings.web
        self._live, self._secret = live, live.app.config.secret(web.hook_secret, web.hook_secret_file)

    async def answer(self, request: Request) -> JSONResponse:
        """202 once it is noted."""
        if not self._secret:
            return Refused(403, "no token is set: [web] hook_secret_file").response
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), self._secret.encode()):
            return Refused(403, "not our token").response
        name, app = request.path_params["source"], self._live.app
        if name not in app.sources or not app.config.enabled(name):
            return Refused(404, "no such source is polled").response
        await asyncio.to_thread(app.store.desk.inbox.wish, Wanted("poll", name, "hook"), app.now())
        self._live.wake()
        return JSONResponse({"taken": True}, 202)
