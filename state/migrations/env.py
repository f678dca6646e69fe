"""Alembic's entry, run by :mod:`state.store.schema` inside a transaction that it holds open already.

Alembic executes this file; that it acts when it is loaded is Alembic's contract.
"""

from typing import Any, Literal

from alembic import context
from sqlalchemy.types import TypeDecorator

import state.build_tables
import state.desk_tables
import state.tag_tables  # noqa: F401  (its tables join the same metadata)
from state.tables import Row


def plain(kind: str, item: Any, _: object) -> str | Literal[False]:
    """Write our column types into a migration as the database's own: it must not change when they do."""
    return f"sa.{item.impl!r}" if kind == "type" and isinstance(item, TypeDecorator) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
    render_item=plain,
)
context.run_migrations()
