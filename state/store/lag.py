"""How long a release took: from upstream's publication over our first sight to the merged pull request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, TypedDict

from sqlmodel import Session, col, select

from state.tables import PullRow, ReleaseRow


class Lag(TypedDict):
    """When upstream published a version (a date), when we saw it first, when its pull request came and was merged.

    ISO 8601, times in UTC; null is what has not happened, or not been kept.
    """

    published: str | None
    seen: str
    pull: str | None
    merged: str | None


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
        }
    return found


class _Pull(NamedTuple):
    lines: Mapping[str, str]
    state: str
    opened_at: datetime
    updated_at: datetime


def _pulls(session: Session, source: str, since: datetime | None) -> list[_Pull]:
    """The source's pull requests that were written *since* a version was seen, which they may bring; newest first."""
    row = PullRow
    query = select(row.lines, row.state, row.opened_at, row.updated_at).where(row.source == source)
    if since is not None:
        query = query.where(col(row.updated_at) >= since)
    return [_Pull(*each) for each in session.exec(query.order_by(col(row.number).desc()))]


def _came(pull: _Pull, seen: datetime) -> datetime | None:
    """Return since when the pull request brings what was *seen*: one that is older was brought up to it later."""
    if pull.opened_at >= seen:
        return pull.opened_at
    return pull.updated_at if pull.state == "open" else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
