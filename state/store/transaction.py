"""One transaction of the state database, with the database's own refusals as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from state.errors import StoreError

_shared: ContextVar[tuple[Engine, Session] | None] = ContextVar("shared", default=None)


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Commit where the context ends well, keep nothing of it else; StoreError where the database cannot.

    Inside of :func:`together` it is a part of that transaction, which fails alone.
    """
    shared = _shared.get()
    try:
        if shared and shared[0] is engine:
            with shared[1].begin_nested():
                yield shared[1]
        else:
            with Session(engine) as session, session.begin():
                yield session
    except DBAPIError as error:
        raise StoreError(f"the state database refused: {error.orig}") from error


@contextmanager
def together(engine: Engine) -> Iterator[None]:
    """Make one of all transactions on *engine* inside, as long as nothing is awaited there."""
    with transaction(engine) as session:
        token = _shared.set((engine, session))
        try:
            yield
        finally:
            _shared.reset(token)
