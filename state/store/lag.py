"""How long a release took: from upstream's publication over our first sight to the merged pull request."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

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
    query = select(ReleaseRow).where(ReleaseRow.source == source, col(ReleaseRow.version).in_(set(newest.values())))
    rows = session.exec(query).all()
    pulls = session.exec(select(PullRow).where(PullRow.source == source).order_by(col(PullRow.number))).all()
    found: dict[str, Lag] = {}
    for line, version in newest.items():
        published = next(row.published for row in rows if (row.line, row.version) == (line, version))
        seen = min(row.first_seen for row in rows if row.version == version)
        # The last one counts: an earlier one of the same version was closed.
        pull = next((pull for pull in reversed(pulls) if pull.lines.get(line) == version), None)
        found[line] = {
            "published": published.isoformat() if published else None,
            "seen": seen.isoformat(),
            "pull": _iso(_came(pull, seen)) if pull else None,
            "merged": _iso(pull.updated_at) if pull and pull.state == "merged" else None,
        }
    return found


def _came(pull: PullRow, seen: datetime) -> datetime | None:
    """Return since when the pull request brings what was *seen*: one that is older was brought up to it later."""
    if pull.opened_at >= seen:
        return pull.opened_at
    return pull.updated_at if pull.state == "open" else None


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
