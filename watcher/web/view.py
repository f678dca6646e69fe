"""A page: a template, what is true for all pages, and the headers that let a browser load nothing from elsewhere."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from watcher.web.access import Viewer
from watcher.web.programs import programs
from watcher.web.prose import prose
from watcher.web.site import Site

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


async def show(request: Request, site: Site, template: str, *, status: int = 200, **context: object) -> Response:
    """Return the page that *template* makes of *context*, in a thread: a long one would hold up the others."""
    known = {
        "viewer": getattr(request.state, "viewer", Viewer()),
        "can_log_in": site.access.can_log_in,
        "path": request.url.path,
        "programs": programs(request.url.path, request.query_params),
        "now": site.app.now(),
    }
    text = await asyncio.to_thread(environment().get_template(template).render, known | context)
    return HTMLResponse(text, status, dict(HEADERS))


async def problem(request: Request, site: Site, status: int, title: str, text: str) -> Response:
    """Return a page that says what is wrong, and what to do."""
    return await show(request, site, "problem.html", status=status, title=title, text=text)


@cache
def environment() -> Environment:
    """The templates: everything that is put into one is escaped, and a name that is not given is an error."""
    made = Environment(
        loader=PackageLoader("watcher.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "when": when,
        "span": span,
        "prose": prose,
        "query": query,
        "count": count,
        "short": short,
        "last": last,
    }
    return made


@pass_context
def when(context: Context, moment: datetime | str | None) -> Markup:
    """A time as people take it in, with the exact one (UTC) beside it for those who hover, and for programs."""
    if not moment:
        return Markup("<span class=quiet>never</span>")
    then = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    then = then.replace(tzinfo=UTC) if then.tzinfo is None else then.astimezone(UTC)
    seconds = (context["now"] - then).total_seconds()
    told = f"in {span(-seconds)}" if seconds < 0 else f"{span(seconds)} ago"
    exact = f"{then:%Y-%m-%d %H:%M:%S} UTC"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(then.isoformat(), exact, told)


def span(seconds: float) -> str:
    """A length of time in the unit that suits it: ``40 s``, ``12 min``, ``5 h``, ``3 days``."""
    for unit, length, upto in (("s", 1, 2 * _MINUTE), ("min", _MINUTE, 2 * _HOUR), ("h", _HOUR, 2 * _DAY)):
        if seconds < upto:
            return f"{int(seconds // length)} {unit}"
    return f"{int(seconds // _DAY)} days"


def query(values: Mapping[str, Any]) -> str:
    """The values that there are, as the query of a URL."""
    return urlencode({name: value for name, value in values.items() if value not in (None, "")})


def count(number: int, what: str) -> str:
    """``1 file``, ``2 files``, ``1,200 files``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def last(text: str) -> str:
    """The last line that says something: of what a build said the end tells why it failed."""
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def short(digest: str) -> str:
    """Enough of a digest or commit to tell it from others: ``sha256:0123456789ab``."""
    kind, colon, digits = digest.rpartition(":")
    return f"{kind}{colon}{digits[:12]}"
