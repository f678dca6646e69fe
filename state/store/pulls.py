"""Pull requests as we remember them: what each carries, and where its branch stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam
from sqlalchemy import select as plain
from sqlmodel import Session, func, select

from state.model import Standing
from state.tables import PullRow, Row


@dataclass(frozen=True, slots=True)
class PullRecord:
    """A pull request of ours.

    ``line``, ``old`` and ``new`` are None as in :class:`~state.model.Change`; ``lines`` maps line → new version.
    ``key`` is the change's key, ``head`` the tip of its branch when we last pushed, ``base`` the commit of the
    default branch that this was made on: full object names, like ``merge_commit``. ``event`` is the number of the
    event that asked for it, 0 if that is not known. ``held`` is the commit by people about which we asked, or
    ``watcher:hold`` where only that label was put on; "" while the branch is ours. The store sets both times when it saves.
    """

    number: int
    source: str
    line: str | None
    old: str | None
    new: str | None
    lines: Mapping[str, str]
    key: str
    branch: str
    title: str
    url: str
    state: Standing
    head: str
    base: str
    merge_commit: str | None = None
    event: int = 0
    held: str = ""
    opened_at: datetime | None = None
    updated_at: datetime | None = None

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: getattr(self, name) for name in _SHOWN} | {"lines": dict(self.lines)}


_SHOWN = ("number", "source", "line", "old", "new", "branch", "title", "url", "state")
_FIELDS = [field.name for field in fields(PullRecord)]
_PULLS = Row.metadata.tables["pull"].c
# Made once, and without the mapper's objects: every look at the forge reads all that there ever were.
_EVERY = plain(*(_PULLS[name] for name in _FIELDS)).order_by(_PULLS.number.desc())
_STANDING = _EVERY.where(_PULLS.state == bindparam("standing"))


def save(session: Session, pull: PullRecord, now: datetime) -> None:
    """Keep *pull* in place of what was recorded under its number; when that was first is kept too."""
    known = session.get(PullRow, pull.number)
    values: dict[str, Any] = {name: getattr(pull, name) for name in _FIELDS}
    values |= {"lines": dict(pull.lines), "opened_at": known.opened_at if known else now, "updated_at": now}
    session.merge(PullRow(**values))


def load(session: Session, state: Standing | None) -> list[PullRecord]:
    """Return all (in that state), newest first."""
    connection = session.connection()
    rows = connection.execute(_EVERY) if state is None else connection.execute(_STANDING, {"standing": state})
    return [PullRecord(*row) for row in rows]


def find(session: Session, number: int) -> PullRecord | None:
    """Return one by its number, or None."""
    row = session.get(PullRow, number)
    return record_of(row) if row else None


def open_on(session: Session, branch: str) -> PullRecord | None:
    """Return the open one of *branch*, or None; there is never a second."""
    row = session.exec(select(PullRow).where(PullRow.branch == branch, PullRow.state == "open")).one_or_none()
    return record_of(row) if row else None


def open_count(session: Session) -> int:
    """Return how many are open."""
    return session.exec(select(func.count()).select_from(PullRow).where(PullRow.state == "open")).one()


def record_of(row: PullRow) -> PullRecord:
    """Return the value of a row."""
    return PullRecord(**{name: getattr(row, name) for name in _FIELDS})
