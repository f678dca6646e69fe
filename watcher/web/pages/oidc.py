"""``/login/oidc``: to the provider, and back from it with a session."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import asdict

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watcher.web.access import COOKIE
from watcher.web.oidc import Attempt, LoginError
from watcher.web.pages.login import inside
from watcher.web.site import Site
from watcher.web.view import HEADERS, problem, show

log = logging.getLogger(__name__)
_ATTEMPT, _PATH, _SECONDS = "watcher_login", "/login/oidc", 600
"""The cookie of a login that was begun, where a browser sends it, and how long (seconds) one may take."""

Endpoint = Callable[[Request], Awaitable[Response]]


def begin(site: Site) -> Endpoint:
    """Send the browser to the provider, with a cookie that says what we asked."""

    async def endpoint(request: Request) -> Response:
        if site.provider is None:
            return await problem(request, site, 404, "Not found", "The settings have no [web.oidc].")
        attempt = Attempt.new()
        try:
            place = await site.provider.start(attempt)
        except LoginError as error:
            return await _failed(request, site, error, 502)
        begun = json.dumps(asdict(attempt) | {"back": inside(request.query_params.get("back", "/"))})
        answer = RedirectResponse(place, 303, dict(HEADERS))
        # Lax: it is another site that sends the browser back.
        answer.set_cookie(
            _ATTEMPT,
            site.access.sealed(begun, _SECONDS),
            _SECONDS,
            path=_PATH,
            httponly=True,
            samesite="lax",
            secure=_secure(site, request),
        )
        return answer

    return endpoint


def back(site: Site) -> Endpoint:
    """Take the provider's answer, which is good once, for a session."""

    async def endpoint(request: Request) -> Response:
        begun = site.access.unsealed(request.cookies.get(_ATTEMPT, ""))
        if site.provider is None or begun is None:
            told = "That login was not begun in this browser, or more than ten minutes ago. Begin again."
            return await problem(request, site, 403, "Not logged in", told)
        kept = json.loads(begun)
        to = kept.pop("back")
        try:
            user = await site.provider.finish(Attempt(**kept), request.query_params)
        except LoginError as error:
            return _over(await _failed(request, site, error, 403))
        log.info("%s logged in", user)
        # A page and no redirect: that would still be the provider's request, without a cookie that is for this site alone.
        session = site.access.session(user)
        request.state.viewer = site.access.known(session)
        answer = await show(request, site, "logged_in.html", to=to)
        secure = _secure(site, request)
        answer.set_cookie(COOKIE, session, site.access.seconds, httponly=True, samesite="strict", secure=secure)
        return _over(answer)

    return endpoint


def _secure(site: Site, request: Request) -> bool:
    """Whether cookies are for https alone."""
    settings = site.app.config.settings.web.oidc
    return site.access.secure(request) or (settings is not None and settings.redirect_url.startswith("https://"))


def _over(answer: Response) -> Response:
    """Forget the login that was begun."""
    answer.delete_cookie(_ATTEMPT, path=_PATH, httponly=True, samesite="lax")
    return answer


async def _failed(request: Request, site: Site, error: LoginError, status: int) -> Response:
    log.warning("a login failed: %s", error)
    return await problem(request, site, status, "Not logged in", str(error))
