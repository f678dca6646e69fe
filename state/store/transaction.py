"""One transaction of the state database, with the database's own refusals as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from state.errors import StoreError


@contextmanager
def transaction(engine: Engine) -> Iterator[Session]:
    """Commit where the context ends well, keep nothing of it else; StoreError where the database cannot."""
    try:
        with Session(engine) as session, session.begin():
            yield session
    except DBAPIError as error:
        raise StoreError(f"the state database refused: {error.orig}") from error
