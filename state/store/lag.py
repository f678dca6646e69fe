"""How long a release took: from upstream's publication over our first sight and the merge to its images' names."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple, TypedDict

from sqlalchemy import Text, cast, tuple_
from sqlalchemy import select as columns  # SQLModel's takes four at most
from sqlmodel import Session, col, or_

from state.tables import PullRow, ReleaseRow
from state.tag_tables import MoveRow


class Lag(TypedDict):
    """When upstream published a version (a date), when we saw it first, when its pull request came and was merged.

    ``pushed`` is when the first of its images got its dated name in the registry.
    ISO 8601, times in UTC; null is what has not happened, or not been kept.
    """

    published: str | None
    seen: str
    pull: str | None
    merged: str | None
    pushed: str | None


def lags(session: Session, newest: Mapping[str, Mapping[str, str]]) -> Mapping[str, Mapping[str, Lag]]:
    """Return source → line → times of the version that *newest* names for it.

    A handful of questions for all sources: a page asks this each time that somebody looks.
    """
    listed = _listed(session, newest)
    seen = min((at for lines in listed.values() for _, at in lines.values()), default=None)
    pulls = _pulls(session, newest, seen) if seen else {}
    return {
        source: {
            line: _lag(
                session,
                (line, version),
                listed[source, version],
                [p for p in pulls.get(source, ()) if p.lines.get(line) == version],
            )
            for line, version in lines.items()
        }
        for source, lines in newest.items()
    }


def _lag(
    session: Session,
    new: tuple[str, str],
    listed: Mapping[str, tuple[date | None, datetime]],
    pulls: Sequence[_Pull],
) -> Lag:
    """Of a line and version that were *listed*, and the pull requests that bring it to this one, newest first."""
    seen = min(at for _, at in listed.values())
    # The last one counts: an earlier one of the same version was closed.
    pull = next((pull for pull in pulls if pull.updated_at >= seen), None)
    published = listed[new[0]][0]
    merged = pull if pull and pull.state == "merged" else None
    return {
        "published": published.isoformat() if published else None,
        "seen": seen.isoformat(),
        "pull": _iso(_came(pull, seen)) if pull else None,
        "merged": _iso(merged.updated_at) if merged else None,
        "pushed": _iso(pushed(session, merged.number, merged.lines, new)) if merged else None,
    }


_Listed = Mapping[tuple[str, str], Mapping[str, tuple[date | None, datetime]]]
"""Source and version → line → when it was published and first seen."""


def _listed(session: Session, newest: Mapping[str, Mapping[str, str]]) -> _Listed:
    row = ReleaseRow
    query = columns(*map(col, (row.source, row.version, row.line, row.published, row.first_seen)))
    wanted = {(source, version) for source, lines in newest.items() for version in lines.values()}
    found: dict[tuple[str, str], dict[str, tuple[date | None, datetime]]] = {}
    for source, version, line, published, at in session.execute(
        query.where(tuple_(col(row.source), col(row.version)).in_(wanted))
    ):
        found.setdefault((source, version), {})[line] = published, at
    return found


class _Pull(NamedTuple):
    number: int
    source: str
    lines: Mapping[str, str]
    state: str
    opened_at: datetime
    updated_at: datetime


def _pulls(session: Session, newest: Mapping[str, Mapping[str, str]], seen: datetime) -> Mapping[str, Sequence[_Pull]]:
    """Return by source the pull requests that may bring its *newest* versions, of which the first was *seen* then.

    Newest first; one that was not touched since cannot be one of them.
    """
    row = PullRow
    wanted = {source: frozenset(lines.values()) for source, lines in newest.items()}
    # As text: of thousands, to read the JSON and the times of a few is what makes this quick.
    lately = columns(col(row.number), col(row.source), cast(row.lines, Text)).where(col(row.updated_at) >= seen)
    every = session.execute(lately)
    numbers = [number for number, source, text in every if not _versions(text).isdisjoint(wanted.get(source, ()))]
    asked = (row.number, row.source, row.lines, row.state, row.opened_at, row.updated_at)
    query = columns(*map(col, asked)).where(col(row.number).in_(numbers)).order_by(col(row.number).desc())
    found: dict[str, list[_Pull]] = {}
    for pull in (_Pull(*each) for each in session.execute(query)):
        found.setdefault(pull.source, []).append(pull)
    return found


@lru_cache(maxsize=1 << 14)
def _versions(lines: str) -> frozenset[str]:
    """The versions that a pull request brings, by the JSON of its lines: read once, asked at every page."""
    return frozenset(json.loads(lines).values())


def pushed(session: Session, pull: int, lines: Collection[str], new: tuple[str, str]) -> datetime | None:
    """Return when an image of what a merged *pull* request brought, a line and its version, was named first.

    Where that brought many *lines* it is the tag that tells. A stack's tags begin with the version, in which there is no ``+``, a distro's with the line.
    """
    query = columns(col(MoveRow.at)).where(col(MoveRow.pull) == pull, col(MoveRow.dated))
    if len(lines) > 1:
        line, version = new
        words = version.replace("+", "_"), line
        query = query.where(or_(*(col(MoveRow.tag).startswith(f"{word}-", autoescape=True) for word in words)))
    return session.execute(query.order_by(col(MoveRow.at)).limit(1)).scalar()


def _came(pull: _Pull, seen: datetime) -> datetime | None:
    """Return since when the pull request brings what was *seen*: one that is older was brought up to it later."""
    if pull.opened_at >= seen:
        return pull.opened_at
    return pull.updated_at if pull.state == "open" else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
