"""What is not proposed: what waits for upstream, and what a person wants ignored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import bindparam
from sqlalchemy import select as plain
from sqlmodel import Session, select

from state.model import Arch, Held, Libc
from state.tables import HoldRow, IgnoredRow, Row

# What every poll asks: made once, and without the mapper's objects.
_HOLDS, _IGNORED = Row.metadata.tables["hold"].c, Row.metadata.tables["ignored"].c
_WAITING = plain(*_HOLDS).order_by(_HOLDS.since, _HOLDS.source, _HOLDS.line, _HOLDS.version, _HOLDS.arch, _HOLDS.libc)
_WAITING_OF = _WAITING.where(_HOLDS.source == bindparam("of"))
_UNWANTED = (
    plain(_IGNORED.line, _IGNORED.version, _IGNORED.reason)
    .where(_IGNORED.source == bindparam("of"))
    .order_by(_IGNORED.line, _IGNORED.version)
)


def replace(session: Session, source: str, holds: Sequence[Held]) -> None:
    """Make *holds* all that *source* waits for; what was waited for already keeps its ``since``."""
    rows = session.exec(select(HoldRow).where(HoldRow.source == source))
    waiting = {(row.line, row.version, row.arch, row.libc): row for row in rows}
    for held in holds:
        arch, libc = held.arch.value if held.arch else "", held.libc or ""
        key = held.line, held.version, arch, libc
        row = waiting.pop(key, None)
        if row is None:
            row = HoldRow(source=source, line=key[0], version=key[1], arch=arch, libc=libc, since=held.since, reason="")
        row.reason, row.due = held.reason, held.due
        session.add(row)
    for row in waiting.values():
        session.delete(row)


def load(session: Session, source: str | None) -> list[Held]:
    """Return what waits (for one source), longest first."""
    asked = _WAITING if source is None else _WAITING_OF
    rows = session.connection().execute(asked, {} if source is None else {"of": source})
    return [
        Held(
            row.source,
            row.line,
            row.version,
            Arch(row.arch) if row.arch else None,
            cast("Libc", row.libc) if row.libc else None,
            row.reason,
            row.since,
            row.due,
        )
        for row in rows
    ]


def ignore(session: Session, source: str, line: str, version: str, reason: str, now: datetime) -> None:
    """Note that a person does not want *version* in *line* (``""``: in any); the last reason given counts."""
    session.merge(IgnoredRow(source=source, line=line, version=version, reason=reason, at=now))


def unignore(session: Session, source: str, line: str, version: str) -> bool:
    """Forget that, for *line* or (``""``) altogether; False if it was not ignored."""
    query = select(IgnoredRow).where(IgnoredRow.source == source, IgnoredRow.version == version)
    rows = session.exec(query.where(IgnoredRow.line == line) if line else query).all()
    for row in rows:
        session.delete(row)
    return bool(rows)


def ignored(session: Session, source: str) -> Mapping[tuple[str, str], str]:
    """Return (line, version) → reason; the line is ``""`` where every line is meant."""
    rows = session.connection().execute(_UNWANTED, {"of": source})
    return {(line, version): reason for line, version, reason in rows}
