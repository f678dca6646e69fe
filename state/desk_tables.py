"""The tables of what the daemon keeps beside the journal: what it was told, asked for and has said already."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from state.tables import Prose, Row, UtcTime, only_where


class DeliveryRow(Row, table=True):
    """A webhook that was taken: ``id`` is the sender's own, so that it is taken once."""

    __tablename__ = "delivery"

    id: str = Field(sa_type=Prose, primary_key=True)
    kind: str = Field(sa_type=Prose)
    at: datetime = Field(sa_type=UtcTime, index=True)


class WishRow(Row, table=True):
    """Something that one process wants another to do: see :data:`state.store.inbox.Kind`."""

    __tablename__ = "wish"
    __table_args__ = (Index("ix_wish_open", "id", **only_where("done_at IS NULL")),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcTime)
    kind: str = Field(sa_type=Prose)
    argument: str = Field(sa_type=Prose)
    who: str = Field(sa_type=Prose)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime)
    error: str = Field(default="", sa_type=Prose)


class PauseRow(Row, table=True):
    """A source that a person wants the daemon to leave alone; it need not have been polled."""

    __tablename__ = "pause"

    source: str = Field(sa_type=Prose, primary_key=True)
    reason: str = Field(sa_type=Prose)
    since: datetime = Field(sa_type=UtcTime)


class MarkRow(Row, table=True):
    """How far somebody has read the journal: ``number`` is the last event."""

    __tablename__ = "mark"

    name: str = Field(sa_type=Prose, primary_key=True)
    number: int


class ToldRow(Row, table=True):
    """A condition that people were told of: once is enough."""

    __tablename__ = "told"

    key: str = Field(sa_type=Prose, primary_key=True)
    at: datetime = Field(sa_type=UtcTime)
