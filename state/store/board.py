"""What the pages of builds and of moved tags ask: reading only, the columns that they show and no more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from typing import Any, cast

from sqlmodel import Session, and_, col, func, select

from state.build_tables import BuildRow
from state.model import OPEN, BuildState
from state.store.moves import Move, move_of
from state.tag_tables import MoveRow

UNDERWAY: tuple[BuildState, ...] = ("running", "waiting", "pushed")
"""The states in which something is being done, or will be without anybody's help."""

_STATES: tuple[BuildState, ...] = (*OPEN, "tagged", "superseded")
_Transaction = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """A plan of builds: who asked for it, and how many images are in each state."""

    plan: int
    pull: int
    source: str
    commit: str
    day: date
    states: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Job:
    """One image of a plan, as its page shows it: ``base`` is the name that it stands on, ``error`` its last one."""

    id: int
    name: str
    base: str
    kind: str
    platform: str
    state: BuildState
    cached: bool
    seconds: float
    error: str


class Board:
    """The questions: each method is one transaction."""

    def __init__(self, reading: _Transaction) -> None:
        """Ask the store's database; *reading* opens a transaction of it."""
        self._reading = reading

    def plans(self, limit: int, only: int | None = None) -> list[PlanSummary]:
        """Return the newest plans (or *only* that one), newest first."""
        with self._reading() as session:
            numbers = [only] if only is not None else _newest(session, limit)
            found = (_summary(session, number) for number in numbers)
            return [summary for summary in found if summary]

    def underway(self, limit: int) -> list[PlanSummary]:
        """Return the newest plans of which something runs or waits, newest first."""
        with self._reading() as session:
            found = {number for state in UNDERWAY for number in _newest(session, limit, state)}
            summaries = (_summary(session, number) for number in sorted(found, reverse=True)[:limit])
            return [summary for summary in summaries if summary]

    def jobs(self, plan: int) -> list[Job]:
        """Return the images of a plan, in build order."""
        with self._reading() as session:
            return _jobs(session, BuildRow.plan == plan)

    def job(self, plan: int, name: str) -> Job | None:
        """Return one image of a plan, None if it is not in that."""
        with self._reading() as session:
            found = _jobs(session, and_(col(BuildRow.plan) == plan, col(BuildRow.name) == name))
            return found[0] if found else None

    def running(self, limit: int) -> list[tuple[int, Job]]:
        """Return images that are being built, each with its plan, in the order of their planning."""
        with self._reading() as session:
            query: Any = select(BuildRow.id, BuildRow.plan).where(BuildRow.state == "running")
            plans = dict(session.exec(query.order_by(col(BuildRow.id)).limit(limit)).all())
            return [(plans[job.id], job) for job in _jobs(session, col(BuildRow.id).in_(list(plans)))]

    def plans_of(self, numbers: Collection[int]) -> Mapping[int, int]:
        """Return build → its plan."""
        with self._reading() as session:
            query: Any = select(BuildRow.id, BuildRow.plan).where(col(BuildRow.id).in_(list(numbers)))
            return dict(session.exec(query).all())

    def moves(self, limit: int, *, dated: bool = False, before: int | None = None) -> list[tuple[int, Move]]:
        """Return the newest moves of tags with their numbers, newest first, from below the number *before* on.

        The write-once names are among them only with *dated*.
        """
        query = select(MoveRow).order_by(col(MoveRow.id).desc()).limit(limit)
        if before is not None:
            query = query.where(col(MoveRow.id) < before)
        if not dated:
            query = query.where(col(MoveRow.dated).is_(False))
        with self._reading() as session:
            return [(row.id or 0, move_of(row)) for row in session.exec(query)]


def _jobs(session: Session, which: Any) -> list[Job]:
    columns = [getattr(BuildRow, name) for name in Job.__slots__]
    return [Job(*row) for row in session.exec(select(*columns).where(which).order_by(col(BuildRow.id)))]


def _newest(session: Session, limit: int, state: BuildState | None = None) -> Sequence[int]:
    """The numbers of the newest plans (with images in that state).

    Each is found by an index: a plan may have tens of thousands of images.
    """
    numbers: list[int] = []
    while len(numbers) < limit:
        query = select(func.max(BuildRow.plan))
        if state is not None:
            query = query.where(BuildRow.state == state)
        number: int | None = session.exec(query.where(col(BuildRow.plan) < numbers[-1]) if numbers else query).one()
        if number is None:
            break
        numbers.append(number)
    return numbers


def _summary(session: Session, plan: int) -> PlanSummary | None:
    first = session.exec(select(BuildRow).where(BuildRow.plan == plan).limit(1)).first()
    if first is None:
        return None
    counted: Any = select(BuildRow.state, func.count()).where(BuildRow.plan == plan)
    # With every state named, the index on state and plan is enough: no row is read.
    query = counted.where(col(BuildRow.state).in_(_STATES)).group_by(BuildRow.state)
    states = cast("Mapping[str, int]", dict(session.exec(query).all()))
    return PlanSummary(plan, first.pull, first.source, first.commit, first.day, states)
