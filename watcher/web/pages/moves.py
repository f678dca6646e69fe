"""``/moves``: every tag that moved, for people, and as a feed: Atom (RFC 4287) and JSON Feed (jsonfeed.org/version/1.1)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from state.store import Move
from watcher.web.site import Site
from watcher.web.view import HEADERS, environment, show

_SHOWN = 100
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # https://www.w3.org/TR/xml/#charsets
WHY: Mapping[str, str] = {
    "release": "a merged pull request",
    "plan": "built by hand",
    "index": "its members were tagged",
    "rollback": "rolled back",
    "yank": "a release was taken back",
    "freed": "released from its pin",
}


def told(move: Move) -> str:
    """Say in a sentence what happened: which, why, from what to what."""
    origin = f"from {move.before} to {move.after}" if move.before else f"new, to {move.after}"
    because = move.note or WHY[move.why]
    asked = f", pull request #{move.pull}" if move.pull is not None else ""
    return f"{move.reference}: {origin} ({because}{asked})"


async def page(site: Site, request: Request) -> Response:
    """Show the newest moves; ``?dated=1`` also the names that are written once."""
    dated = bool(request.query_params.get("dated"))
    found = await asyncio.to_thread(site.app.store.pages.board.moves, _SHOWN, dated=dated)
    return await show(request, site, "moves.html", moves=found, why=WHY, dated=dated)


async def atom(site: Site, request: Request) -> Response:
    """The same for a feed reader."""
    found = await asyncio.to_thread(site.app.store.pages.board.moves, _SHOWN)
    text = feed(found, str(request.base_url), site.app.now())
    return Response(text, media_type="application/atom+xml", headers=dict(HEADERS))


def feed(found: Sequence[tuple[int, Move]], base: str, now: datetime) -> str:
    """Return the feed of these moves, newest first, with their numbers: well-formed whatever a reason says."""
    context = {
        "base": base,
        "updated": updated(found[0][1].at if found else now),
        "entries": [(number, move, updated(move.at), told(move)) for number, move in found],
    }
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", environment().get_template("moves.atom").render(context))


async def json_feed(site: Site, request: Request) -> Response:
    """The same for programs: ``_move`` has each part by itself."""
    found = await asyncio.to_thread(site.app.store.pages.board.moves, _SHOWN)
    base = str(request.base_url)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Tags that moved",
        "home_page_url": f"{base}moves",
        "feed_url": f"{base}moves.json",
        "items": [_item(base, number, move) for number, move in found],
    }
    return JSONResponse(document, headers=dict(HEADERS), media_type="application/feed+json")


def _item(base: str, number: int, move: Move) -> dict[str, Any]:
    parts = {name: getattr(move, name) for name in ("repository", "tag", "before", "after", "why", "note", "pull")}
    return {
        "id": f"urn:watcher:move:{number}",
        "title": f"{move.reference} moved",
        "content_text": told(move),
        "url": f"{base}changes/{move.pull}" if move.pull is not None else f"{base}moves",
        "date_published": updated(move.at),
        "_move": parts,
    }


def updated(moment: datetime) -> str:
    """RFC 3339."""
    return moment.isoformat()
