"""The doors before every page: who may read, who may act, and forms read with a limit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qsl, quote

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from state.errors import WatcherError
from watcher.web.site import Site
from watcher.web.view import HEADERS, problem

Page = Callable[[Site, Request], Awaitable[Response]]
Act = Callable[[Site, Request, Mapping[str, str]], Awaitable[Response]]
_LIMIT = 16_384
_DIGITS = 18  # of 64 bits


def reading(site: Site, page: Page) -> Callable[[Request], Awaitable[Response]]:
    """Show *page* to who may read; anybody else is asked to log in. An expected error is a page, too."""

    async def endpoint(request: Request) -> Response:
        viewer = site.access.viewer(request)
        if not site.access.may_read(request, viewer):
            return await _turned_away(site, request)
        request.state.viewer = viewer
        return await _carefully(site, request, page(site, request))

    return endpoint


def acting(site: Site, act: Act) -> Callable[[Request], Awaitable[Response]]:
    """Let *act* happen for who may, by a form that we showed him."""

    async def endpoint(request: Request) -> Response:
        viewer = request.state.viewer = site.access.viewer(request)
        form = await read(request)
        if form is None:
            return await problem(request, site, 413, "Too much", "No form of these pages is that long.")
        if viewer.name is None:
            return await problem(request, site, 403, "Log in first", "Reading is open here, acting is not.")
        if not site.access.ours(viewer, form.get("csrf", "")):
            told = "That form was not one that this page showed you, or your login ended since. Go back and reload it."
            return await problem(request, site, 403, "Not done", told)
        return await _carefully(site, request, act(site, request, form))

    return endpoint


async def read(request: Request) -> Mapping[str, str] | None:
    """The fields of an URL-encoded form; None if it is longer than any of ours."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LIMIT:
            return None
    return dict(parse_qsl(body.decode("utf-8", "replace")))


def whole(text: str) -> int | None:
    """The number that a query names, None if that is none which a database could have."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < _DIGITS else None


async def _carefully(site: Site, request: Request, coming: Awaitable[Response]) -> Response:
    """What was asked for, or a page about the error; a bug propagates."""
    try:
        return await coming
    except WatcherError as error:
        return await problem(request, site, 502, "That did not work", f"{error}")


async def _turned_away(site: Site, request: Request) -> Response:
    if site.access.can_log_in:
        back = quote(request.url.path, safe="/")
        return RedirectResponse(f"/login?back={back}", 303, dict(HEADERS))
    told = (
        "Reading is open on this machine only. Elsewhere it needs a login ([web] token_file, [web.oidc]), or [web] public = true "
        "in the settings."
    )
    return await problem(request, site, 403, "Not from here", told)
