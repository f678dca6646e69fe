"""What is not proposed: what waits for upstream, and what a person wants ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlmodel import Session, col, select

from state.model import Arch, Held, Libc
from state.tables import HoldRow, IgnoredRow


def replace(session: Session, source: str, holds: Sequence[Held]) -> None:
    """Make *holds* all that *source* waits for; what was waited for already keeps its ``since``."""
    waiting = {
        (row.version, row.arch, row.libc): row for row in session.exec(select(HoldRow).where(HoldRow.source == source))
    }
    for held in holds:
        arch, libc = held.arch.value if held.arch else "", held.libc or ""
        row = waiting.pop((held.version, arch, libc), None)
        if row is None:
            row = HoldRow(source=source, version=held.version, arch=arch, libc=libc, since=held.since, reason="")
        row.reason = held.reason
        session.add(row)
    for row in waiting.values():
        session.delete(row)


def load(session: Session, source: str | None) -> list[Held]:
    """Return what waits (for one source), longest first."""
    query = select(HoldRow).order_by(col(HoldRow.since), HoldRow.source, HoldRow.version, HoldRow.arch, HoldRow.libc)
    if source is not None:
        query = query.where(HoldRow.source == source)
    return [
        Held(
            row.source,
            row.version,
            Arch(row.arch) if row.arch else None,
            cast("Libc", row.libc) if row.libc else None,
            row.reason,
            row.since,
        )
        for row in session.exec(query)
    ]


def ignore(session: Session, source: str, version: str, reason: str, now: datetime) -> None:
    """Note that a person does not want *version*; the last reason given counts."""
    session.merge(IgnoredRow(source=source, version=version, reason=reason, at=now))


def unignore(session: Session, source: str, version: str) -> bool:
    """Forget that; False if it was not ignored."""
    row = session.get(IgnoredRow, (source, version))
    if row is None:
        return False
    session.delete(row)
    return True


def ignored(session: Session, source: str) -> Mapping[str, str]:
    """Return version → reason."""
    rows = session.exec(select(IgnoredRow).where(IgnoredRow.source == source).order_by(IgnoredRow.version))
    return {row.version: row.reason for row in rows}
