"""The tables of what tags did: where each led and since when, and which are held where they are."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field

from state.tables import Prose, Row, UtcTime


class MoveRow(Row, table=True):
    """A tag was made to lead to another digest. Rows are added, never changed or removed."""

    __tablename__ = "move"
    __table_args__ = (
        Index("ix_move_tag", "repository", "tag"),
        Index("ix_move_pull", "pull", "dated", "at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    repository: str = Field(sa_type=Prose)
    tag: str = Field(sa_type=Prose)
    before: str = Field(sa_type=Prose)
    after: str = Field(sa_type=Prose)
    at: datetime = Field(sa_type=UtcTime)
    why: str = Field(sa_type=Prose)
    note: str = Field(sa_type=Prose)
    pull: int | None = None
    dated: bool


class PinRow(Row, table=True):
    """A moving tag that publishing leaves where it is until a person releases it."""

    __tablename__ = "pin"

    repository: str = Field(sa_type=Prose, primary_key=True)
    tag: str = Field(sa_type=Prose, primary_key=True)
    digest: str = Field(sa_type=Prose)
    since: datetime = Field(sa_type=UtcTime)
    reason: str = Field(sa_type=Prose)
