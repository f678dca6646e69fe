"""Lists in pages, with the Link header that leads to the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from tests.github.hub import Hub
from tests.github.routes import Ask, Reply

T = TypeVar("T")


def cut(hub: Hub, ask: Ask, items: Sequence[T]) -> tuple[Sequence[T], dict[str, str]]:
    """Return the page that was asked for, and its headers: 30 a page unless told, 100 at most."""
    size = min(100, max(1, _number(ask.query.get("per_page"), 30)))
    page = max(1, _number(ask.query.get("page"), 1))
    last = max(1, -(-len(items) // size))
    leads = {"prev": page - 1, "next": page + 1, "last": last, "first": 1}
    wanted = [name for name in leads if (name in ("prev", "first") and page > 1) or (name[0] in "nl" and page < last)]
    links = ", ".join(
        f'<{hub.api}{ask.path}?{urlencode({**ask.query, "page": leads[name]})}>; rel="{name}"' for name in wanted
    )
    return items[(page - 1) * size : page * size], {"Link": links} if links else {}


def listing(hub: Hub, ask: Ask, items: Sequence[Any], shape: Any = None) -> Reply:
    """A page as an answer; *shape* makes JSON of each item."""
    some, headers = cut(hub, ask, items)
    return Reply(200, [shape(item) if shape else item for item in some], headers)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdigit() else otherwise
