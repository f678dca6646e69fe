"""The queue of builds: one row per image of a plan, from the moment it is planned until its names are written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import select as sa_select
from sqlmodel import Session, col, func, insert, select, text, update

from state.build_tables import AGAIN, MADE, BuildRow
from state.events import ImageBuilt
from state.model import OPEN, Build, BuildState, by_cause
from state.store import journal
from state.store.contents import Contents

_Transaction = Callable[[], AbstractContextManager[Session]]
_FIELDS = tuple(field.name for field in fields(Build))
_FAILED = 10_000
"""Failed images that are looked at."""
_SOME = 500
"""Values that one question names at most: databases bound them."""


class Builds:
    """What is to be made and what was: each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing
        self.contents = Contents(reading, writing)

    def add(self, builds: Sequence[Build]) -> int:
        """Queue the images of plans and return how many are new; those of a plan that are there already stay.

        What an earlier plan would still make of the same places is superseded, unless it is in the registry already.
        """
        with self._writing() as session:
            known = _names(session, {build.plan for build in builds})
            fresh = [build for build in builds if (build.plan, build.name) not in known]
            _supersede(session, fresh)
            if fresh:
                session.execute(insert(BuildRow), [_row(build) for build in fresh])
            return len(fresh)

    def built(self, build: Build, image: ImageBuilt, now: datetime) -> None:
        """Keep an image that is in the registry, and tell of it, both or neither."""
        with self._writing() as session:
            save(session, [build])
            journal.append(session, [image], now)

    def recall(self, builds: Sequence[Build]) -> int:
        """Add images that were made before this memory began, and return how many are new; nothing queued is superseded."""
        with self._writing() as session:
            there = _published(session)
            fresh = [build for build in builds if (build.name, build.digest) not in there]
            if fresh:
                session.execute(insert(BuildRow), [_row(build) for build in fresh])
            return len(fresh)

    def published(self) -> Collection[tuple[str, str]]:
        """Return name and digest of every image that was made."""
        with self._reading() as session:
            return _published(session)

    def by_digest(self, digests: Collection[str]) -> Mapping[str, Build]:
        """Return digest → the first row of the image that was made with it; others are left out."""
        found: dict[str, Build] = {}
        wanted = sorted(digests)
        with self._reading() as session:
            for start in range(0, len(wanted), _SOME):
                query = select(BuildRow).where(col(BuildRow.digest).in_(wanted[start : start + _SOME]))
                found |= {row.digest: _value(row) for row in session.exec(query.order_by(col(BuildRow.id).desc()))}
        return found

    def save(self, builds: Iterable[Build]) -> None:
        """Keep what became of these."""
        with self._writing() as session:
            save(session, builds)

    def open(self) -> list[Build]:
        """Return all with something left to do, in the order of their planning: a base before what stands on it."""
        with self._reading() as session:
            columns = (getattr(BuildRow, name) for name in _FIELDS)  # without the objects of the mapper: thrice as fast
            query = sa_select(*columns).where(col(BuildRow.state).in_(OPEN)).order_by(col(BuildRow.id))
            return [Build(*row) for row in session.execute(query)]

    def find(self, number: int) -> Build | None:
        """Return one, or None."""
        with self._reading() as session:
            row = session.get(BuildRow, number)
            return _value(row) if row else None

    def of(self, plan: int) -> list[Build]:
        """Return the images of a plan, in build order."""
        with self._reading() as session:
            rows = session.exec(select(BuildRow).where(BuildRow.plan == plan).order_by(col(BuildRow.id)))
            return [_value(row) for row in rows]

    def newest(self, limit: int, states: Sequence[BuildState] = ()) -> list[Build]:
        """Return the newest *limit* (in these states), newest first."""
        with self._reading() as session:
            return newest(session, limit, states)

    def failing(self) -> list[list[Build]]:
        """Return what fails, the newest first: images that fail of one thing together."""
        with self._reading() as session:
            return failing(session)

    def size_before(self, build: Build) -> int | None:
        """Return the bytes of what stood in the place of *build* before it, None if that is not known."""
        dockerfile, hw = build.place
        query = (
            select(BuildRow.size)
            .where(BuildRow.dockerfile == dockerfile, BuildRow.hw == hw, BuildRow.size > 0)
            .where(col(BuildRow.id) < build.id, BuildRow.digest != build.digest)
            .order_by(col(BuildRow.id).desc())
            .limit(1)
        )
        with self._reading() as session:
            return session.exec(query).first()

    def made(self, names: Collection[str]) -> Mapping[str, Build]:
        """Return name → the newest of these images that is in the registry."""
        found: dict[str, Build] = {}
        wanted = sorted(names)
        with self._reading() as session:
            for start in range(0, len(wanted), _SOME):
                query = (
                    select(BuildRow)
                    .where(col(BuildRow.name).in_(wanted[start : start + _SOME]), BuildRow.digest != "")
                    .where(col(BuildRow.state).in_(("pushed", "tagged")))
                    .order_by(col(BuildRow.finished_at), col(BuildRow.id))
                )
                found |= {row.name: _value(row) for row in session.exec(query)}
        return found

    def spent(self, dockerfiles: Collection[str]) -> Mapping[str, float]:
        """Return Dockerfile → the seconds of its newest build that really was one and was timed; others are left out."""
        found: dict[str, float] = {}
        wanted = sorted(dockerfiles)
        with self._reading() as session:
            for start in range(0, len(wanted), _SOME):
                query = (
                    select(BuildRow.dockerfile, BuildRow.seconds)
                    .where(col(BuildRow.dockerfile).in_(wanted[start : start + _SOME]), BuildRow.kind == "build")
                    .where(col(BuildRow.state).in_(("pushed", "tagged")), col(BuildRow.cached).is_(False))
                    .where(BuildRow.seconds > 0)
                    .order_by(col(BuildRow.finished_at), col(BuildRow.id))
                )
                found |= dict(session.exec(query).all())
        return found

    def with_inputs(self, inputs: str) -> Build | None:
        """Return the newest image in the registry that was made of just these inputs, or None."""
        with self._reading() as session:
            query = (
                select(BuildRow)
                .where(BuildRow.inputs == inputs, BuildRow.digest != "")
                .order_by(col(BuildRow.id).desc())
                .limit(1)
            )
            row = session.exec(query).first()
            return _value(row) if row else None

    def staged(self) -> Mapping[str, str]:
        """Return inputs → digest of every image that was made."""
        with self._reading() as session:
            query = select(BuildRow.inputs, BuildRow.digest).where(BuildRow.inputs != "", BuildRow.digest != "")
            return dict(session.exec(query).all())

    def finished(self, before: datetime) -> Mapping[str, str]:
        """Return inputs → digest of the images whose names were all written *before* then, and that nobody asked for since."""
        with self._reading() as session:
            rows = session.exec(select(BuildRow).where(BuildRow.inputs != "", BuildRow.state != "superseded")).all()
            told = [(row.inputs, row.digest, row.state, row.finished_at) for row in rows]
        recent = {i for i, _, state, at in told if state in OPEN or at is None or at >= before}
        return {i: digest for i, digest, state, _ in told if state == "tagged" and digest and i not in recent}

    def outcomes(self) -> Counter[str]:
        """Return how many images were ``built``, were there already (``cached``), were ``relabelled``; attempts that ``failed``."""
        cached = select(BuildRow.kind, BuildRow.cached, func.count()).where(text(MADE))
        failed = select(func.sum(BuildRow.attempts)).where(BuildRow.digest == "", BuildRow.state != "running")
        again = select(func.sum(BuildRow.attempts - 1)).where(text(AGAIN))
        words = {("build", False): "built", ("build", True): "cached"}
        with self._reading() as session:
            found = Counter[str]()
            for kind, was_cached, count in session.exec(cached.group_by(BuildRow.kind, col(BuildRow.cached))):
                found[words.get((kind, was_cached), "relabelled")] += count
            found["failed"] = (session.exec(failed).one() or 0) + (session.exec(again).one() or 0)
        return found


def newest(session: Session, limit: int, states: Sequence[BuildState] = ()) -> list[Build]:
    """Return the newest builds (in these states), newest first."""
    query = select(BuildRow).order_by(col(BuildRow.id).desc()).limit(limit)
    if states:
        query = query.where(col(BuildRow.state).in_(states))
    return [_value(row) for row in session.exec(query)]


def failing(session: Session) -> list[list[Build]]:
    """Return what fails, the newest first: images that fail of one thing together."""
    return by_cause(newest(session, _FAILED, ("failed",)))


def counts(session: Session) -> Counter[str]:
    """Return how many are in each state in which something is left to do: of what is done there are years."""
    counted = select(BuildRow.state, func.count()).where(col(BuildRow.state).in_(OPEN))
    rows = session.exec(counted.group_by(BuildRow.state))
    return Counter(dict(rows.all()))


def save(session: Session, builds: Iterable[Build]) -> None:
    """Keep what became of these."""
    for build in builds:
        session.exec(update(BuildRow).where(col(BuildRow.id) == build.id).values(**_row(build)))


def _names(session: Session, plans: Collection[int]) -> set[tuple[int, str]]:
    query = select(BuildRow.plan, BuildRow.name).where(col(BuildRow.plan).in_(plans))
    return set(session.exec(query))


def _published(session: Session) -> set[tuple[str, str]]:
    return set(session.exec(select(BuildRow.name, BuildRow.digest).where(BuildRow.digest != "")))


def _supersede(session: Session, fresh: Sequence[Build]) -> None:
    """Take out of the queue what is planned anew, but for what is in the registry and only waits for names."""
    places = {build.place for build in fresh}
    waiting = ("waiting", "running", "failed", "blocked")
    query = select(BuildRow.id, BuildRow.dockerfile, BuildRow.hw).where(col(BuildRow.state).in_(waiting))
    gone = [number for number, dockerfile, hw in session.exec(query) if (dockerfile, hw) in places]
    for start in range(0, len(gone), _SOME):
        some = gone[start : start + _SOME]
        session.exec(update(BuildRow).where(col(BuildRow.id).in_(some)).values(state="superseded"))


def _row(build: Build) -> dict[str, Any]:
    return {name: getattr(build, name) for name in _FIELDS if name != "id"}


def _value(row: BuildRow) -> Build:
    values: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS}
    return Build(**values)
