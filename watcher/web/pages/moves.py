"""``/moves``: every tag that moved, for people, and as a feed: Atom (RFC 4287) and JSON Feed (jsonfeed.org/version/1.1).

All three are turned over page by page until the first move that is known: one release moves thousands of tags.
https://www.rfc-editor.org/rfc/rfc5005#section-3
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from state.store import Move, Store
from state.store.contents import Shift
from watcher.web.forms import whole
from watcher.web.site import Site
from watcher.web.view import HEADERS, count, environment, show

_SHOWN = 100
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # https://www.w3.org/TR/xml/#charsets
_NAMED = 20
"""Packages that a sentence names; the JSON feed has all."""
WHY: Mapping[str, str] = {
    "release": "a merged pull request",
    "plan": "built by hand",
    "index": "its members were tagged",
    "rollback": "rolled back",
    "yank": "a release was taken back",
    "freed": "released from its pin",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A move, its number, and the packages in which the two images differ: None where those are not known."""

    number: int
    move: Move
    shifts: Sequence[Shift] | None

    @property
    def sentence(self) -> str:
        """What happened: which, why, from what to what, and which packages changed."""
        move = self.move
        origin = f"from {move.before} to {move.after}" if move.before else f"new, to {move.after}"
        because = move.note or WHY[move.why]
        asked = f", pull request #{move.pull}" if move.pull is not None else ""
        return f"{move.reference}: {origin} ({because}{asked}). {self.packages}"

    @property
    def packages(self) -> str:
        """The packages in a sentence."""
        if not self.move.before:
            return "It led nowhere before: no packages to compare."
        if self.shifts is None:
            return "Which packages changed is not known."
        if not self.shifts:
            return "No package changed."
        more = len(self.shifts) - _NAMED
        named = [*map(shift, self.shifts[:_NAMED]), *([f"and {more} more"] if more > 0 else [])]
        return f"{count(len(self.shifts), 'package')} changed: {', '.join(named)}."

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON; ``packages`` is null where they are not known."""
        parts = ("repository", "tag", "before", "after", "why", "note", "pull", "dated")
        packages = None if self.shifts is None else [asdict(each) for each in self.shifts]
        return {name: getattr(self.move, name) for name in parts} | {"packages": packages}


@dataclass(frozen=True, slots=True)
class Page:
    """Some of the moves, newest first. ``older`` and ``newest`` are the queries of other pages, None where there is none.

    ``here`` is that of this one.
    """

    moves: Sequence[Told]
    dated: bool
    here: str
    newest: str
    older: str | None


def shift(each: Shift) -> str:
    """``curl 8.14.1-2 → 8.14.1-3``, ``curl 8.14.1-3 is new``, ``curl is gone``."""
    if each.before is None:
        return f"{each.package} {each.after} is new"
    return f"{each.package} is gone" if each.after is None else f"{each.package} {each.before} → {each.after}"


def read(store: Store, before: int | None, *, dated: bool) -> Page:
    """Ask the memory for the moves below the number *before*, or the newest; *dated*: also of names written once."""
    found = store.pages.board.moves(_SHOWN + 1, dated=dated, before=before)
    shown = found[:_SHOWN]
    pairs = {(move.before, move.after) for _, move in shown if move.before}
    shifts = store.builds.contents.shifts(pairs)
    moves = [Told(number, move, shifts.get((move.before, move.after))) for number, move in shown]
    older = _query(shown[-1][0], dated=dated) if len(found) > _SHOWN else None
    return Page(moves, dated, _query(before, dated=dated), _query(None, dated=dated), older)


def _query(before: int | None, *, dated: bool) -> str:
    given = {"dated": "1" if dated else None, "before": before}
    text = urlencode({name: value for name, value in given.items() if value is not None})
    return f"?{text}" if text else ""


async def page(site: Site, request: Request) -> Response:
    """Show the moves; ``?dated=1`` also of the names that are written once, ``?before=`` older ones."""
    return await show(request, site, "moves.html", found=await _found(site, request), why=WHY, shift=shift)


async def atom(site: Site, request: Request) -> Response:
    """The same for a feed reader."""
    found, home = await _found(site, request), base(site, request)
    text = await asyncio.to_thread(feed, found, home, site.app.now())
    return Response(text, media_type="application/atom+xml", headers=dict(HEADERS))


def feed(found: Page, home: str, now: datetime) -> str:
    """Return the feed of these moves, below the address *home*: well-formed whatever a reason says."""
    context = {"base": home, "updated": updated(found.moves[0].move.at if found.moves else now), "found": found}
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", environment().get_template("moves.atom").render(context))


async def json_feed(site: Site, request: Request) -> Response:
    """The same for programs: ``_move`` has each part by itself."""
    found, home = await _found(site, request), base(site, request)
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "Tags that moved",
        "home_page_url": f"{home}moves",
        "feed_url": f"{home}moves.json{found.newest}",
        **({"next_url": f"{home}moves.json{found.older}"} if found.older else {}),
        "items": [_item(home, each) for each in found.moves],
    }
    return JSONResponse(document, headers=dict(HEADERS), media_type="application/feed+json")


async def _found(site: Site, request: Request) -> Page:
    asked = request.query_params
    return await asyncio.to_thread(read, site.app.store, whole(asked.get("before", "")), dated=bool(asked.get("dated")))


def base(site: Site, request: Request) -> str:
    """Where people reach these pages, with a slash at the end."""
    return str(request.base_url.replace(scheme="https" if site.access.secure(request) else request.url.scheme))


def _item(home: str, told: Told) -> dict[str, Any]:
    move = told.move
    return {
        "id": f"urn:watcher:move:{told.number}",
        "title": f"{move.reference} moved",
        "content_text": told.sentence,
        "url": f"{home}changes/{move.pull}" if move.pull is not None else f"{home}moves",
        "date_published": updated(move.at),
        "_move": told.document(),
    }


def updated(moment: datetime) -> str:
    """RFC 3339."""
    return moment.isoformat()
