"""The dashboard: one module for each page, its read model as plain values, its template in ``watcher/web/templates``."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from watcher.web.forms import acting, reading
from watcher.web.pages import builds, change, event, events, image, login, moves, oidc, overview, source
from watcher.web.site import Site
from watcher.web.view import problem

_STATIC = Path(__file__).parent.parent / "static"


def routes(site: Site) -> list[BaseRoute]:
    """Return every page; the last one answers whatever leads nowhere."""
    pages = {
        "/": overview.page,
        "/sources/{name}": source.page,
        "/changes": change.listing,
        "/changes/{number:int}": change.page,
        "/changes/{number:int}/diff": change.diff,
        "/builds": builds.listing,
        "/builds/{plan:int}": builds.page,
        "/builds/{plan:int}/{number:int}": builds.image,
        "/moves": moves.page,
        "/moves.atom": moves.atom,
        "/moves.json": moves.json_feed,
        "/images": image.page,
        "/events": events.page,
        "/events/{number:int}": event.page,
    }
    acts = {"/changes/{number:int}/{verb}": change.decide, "/logout": login.logout}
    return [
        Mount("/static", StaticFiles(directory=_STATIC), name="static"),
        Route("/login", login.page(site), methods=["GET", "POST"]),
        Route("/login/oidc", oidc.begin(site)),
        Route("/login/oidc/back", oidc.back(site)),
        *(Route(path, reading(site, page), name=path) for path, page in pages.items()),
        *(Route(path, acting(site, act), methods=["POST"], name=path) for path, act in acts.items()),
        Route("/{rest:path}", reading(site, _nowhere), name="nowhere"),
    ]


async def _nowhere(site: Site, request: Request) -> Response:
    told = f"There is no page {request.url.path}."
    return await problem(request, site, 404, "Not found", told)
