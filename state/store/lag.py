"""How long a release took: from upstream's publication over our first sight and the merge to its images' names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypedDict

from sqlalchemy import select as columns  # SQLModel's takes four at most
from sqlmodel import Session, col, or_, select

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


def lag(session: Session, source: str, newest: Mapping[str, str]) -> Mapping[str, Lag]:
    """Return line → times of the version that *newest* names for it."""
    query = select(ReleaseRow.line, ReleaseRow.version, col(ReleaseRow.published), ReleaseRow.first_seen)
    wanted = ReleaseRow.source == source, col(ReleaseRow.version).in_(set(newest.values()))
    rows = session.exec(query.where(*wanted)).all()
    pulls = _pulls(session, source, min((at for *_, at in rows), default=None))
    found: dict[str, Lag] = {}
    for line, version in newest.items():
        published = next(day for own, text, day, _ in rows if (own, text) == (line, version))
        seen = min(at for _, text, _, at in rows if text == version)
        # The last one counts: an earlier one of the same version was closed.
        pull = next((pull for pull in pulls if pull.lines.get(line) == version), None)
        found[line] = {
            "published": published.isoformat() if published else None,
            "seen": seen.isoformat(),
            "pull": _iso(_came(pull, seen)) if pull else None,
            "merged": _iso(pull.updated_at) if pull and pull.state == "merged" else None,
            "pushed": _iso(_pushed(session, pull, line, version)) if pull and pull.state == "merged" else None,
        }
    return found


class _Pull(NamedTuple):
    number: int
    lines: Mapping[str, str]
    state: str
    opened_at: datetime
    updated_at: datetime


def _pulls(session: Session, source: str, since: datetime | None) -> list[_Pull]:
    """The source's pull requests that were written *since* a version was seen, which they may bring; newest first."""
    row = PullRow
    asked = (row.number, row.lines, row.state, row.opened_at, row.updated_at)
    query = columns(*map(col, asked)).where(col(row.source) == source)
    if since is not None:
        query = query.where(col(row.updated_at) >= since)
    return [_Pull(*each) for each in session.execute(query.order_by(col(row.number).desc()))]


def _pushed(session: Session, pull: _Pull, line: str, version: str) -> datetime | None:
    """Return when an image of what a merged pull request brought was named first; of many lines it is the tag that tells.

    A stack's tags begin with the version, in which there is no ``+``, a distro's with the line.
    """
    query = select(MoveRow.at).where(MoveRow.pull == pull.number, col(MoveRow.dated))
    if len(pull.lines) > 1:
        words = version.replace("+", "_"), line
        query = query.where(or_(*(col(MoveRow.tag).startswith(f"{word}-", autoescape=True) for word in words)))
    return session.exec(query.order_by(col(MoveRow.at)).limit(1)).first()


def _came(pull: _Pull, seen: datetime) -> datetime | None:
    """Return since when the pull request brings what was *seen*: one that is older was brought up to it later."""
    if pull.opened_at >= seen:
        return pull.opened_at
    return pull.updated_at if pull.state == "open" else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
