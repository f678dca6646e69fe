"""``/login``: a token for a session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from watcher.web.access import COOKIE
from watcher.web.forms import read
from watcher.web.site import Site
from watcher.web.view import HEADERS, show


def page(site: Site) -> Callable[[Request], Awaitable[Response]]:
    """Show the form, and take it: this page alone is open to everybody."""

    async def endpoint(request: Request) -> Response:
        request.state.viewer = site.access.viewer(request)
        back = inside(request.query_params.get("back", "/"))
        if request.method != "POST":
            return await show(request, site, "login.html", back=back, refused=False, access=site.access)
        form = await read(request) or {}
        cookie = site.access.login(request, form.get("token", ""))
        if cookie is None:
            return await show(request, site, "login.html", status=403, back=back, refused=True, access=site.access)
        answer = RedirectResponse(inside(form.get("back", "/")), 303, dict(HEADERS))
        secure = site.access.secure(request)
        answer.set_cookie(COOKIE, cookie, site.access.seconds, httponly=True, samesite="strict", secure=secure)
        return answer

    return endpoint


async def logout(_site: Site, _request: Request, _form: Mapping[str, str]) -> Response:
    """Forget the session."""
    answer = RedirectResponse("/", 303, dict(HEADERS))
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


def inside(back: str) -> str:
    r"""A path of ours: ``//elsewhere`` and ``/\elsewhere`` are other sites to a browser."""
    plain = back.isascii() and back.isprintable() and "\\" not in back
    return back if plain and back.startswith("/") and not back.startswith("//") else "/"
