"""The tables of builds: one row per image of a plan, and what the images that were made have installed."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field

from state.tables import Prose, Row, UtcTime, only_where

MADE = "digest <> ''"
AGAIN = f"{MADE} AND attempts > 1"
"""What the counters of ``/metrics`` ask, word by word as the indexes have it: else no database would use them."""


class BuildRow(Row, table=True):
    """One image of a plan of builds, and what became of it: see :class:`state.model.Build`."""

    __tablename__ = "build"
    __table_args__ = (
        UniqueConstraint("plan", "name"),
        Index("ix_build_state_plan", "state", "plan"),
        Index("ix_build_place", "dockerfile", "hw"),
        Index("ix_build_open", "id", **only_where("state NOT IN ('tagged', 'superseded')")),
        Index("ix_build_made", "kind", "cached", **only_where(MADE)),
        Index("ix_build_again", "attempts", **only_where(AGAIN)),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan: int
    pull: int
    commit: str = Field(sa_type=Prose)
    source: str = Field(sa_type=Prose)
    name: str = Field(sa_type=Prose, index=True)
    kind: str = Field(sa_type=Prose)
    platform: str = Field(sa_type=Prose)
    hw: str = Field(sa_type=Prose)
    dockerfile: str = Field(sa_type=Prose)
    base: str = Field(sa_type=Prose)
    day: date
    reason: str = Field(sa_type=Prose)
    state: str = Field(sa_type=Prose)
    dated: str = Field(sa_type=Prose)
    inputs: str = Field(sa_type=Prose, index=True)
    digest: str = Field(sa_type=Prose, index=True)
    packages: str = Field(default="", sa_type=Prose, sa_column_kwargs={"server_default": ""})
    cached: bool
    attempts: int
    failures: int
    next_try: datetime | None = Field(default=None, sa_type=UtcTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    finished_at: datetime | None = Field(default=None, sa_type=UtcTime)
    seconds: float
    size: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    log: str = Field(sa_type=Prose)
    step: str = Field(sa_type=Prose)
    error: str = Field(sa_type=Prose)


class InstalledRow(Row, table=True):
    """A package in an image as it was last built; ``image`` is its name without the version of a stack."""

    __tablename__ = "installed"

    distro: str = Field(sa_type=Prose, primary_key=True)
    line: str = Field(sa_type=Prose, primary_key=True)
    image: str = Field(sa_type=Prose, primary_key=True)
    package: str = Field(sa_type=Prose, primary_key=True)
    source: str = Field(sa_type=Prose)
    version: str = Field(sa_type=Prose)


class ListingRow(Row, table=True):
    """A list of packages with their versions, kept once however many images have just these: see ``BuildRow.packages``.

    ``id`` is the SHA-256 digest of ``packages``, a JSON object of name → version in alphabetical order.
    """

    __tablename__ = "listing"

    id: str = Field(sa_type=Prose, primary_key=True)
    packages: str = Field(sa_type=Prose)
