"""The tables of the state database. Rows never leave :mod:`state.store`; values do.

Portable between SQLite and PostgreSQL. A change here needs a new file in ``state/migrations/versions``:
a test compares the two.
"""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class Prose(TypeDecorator[str]):
    r"""Text from outside, as far as a database can keep it.

    A lone surrogate (JSON allows ``"\ud800"``, a command line any byte) has no UTF-8, and PostgreSQL
    has no NUL: they become ``?`` rather than an error that would stop a poll.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Replace what cannot be stored."""
        return None if value is None else value.encode("utf-8", "replace").decode().replace("\0", "?")


class UtcTime(TypeDecorator[datetime]):
    """A moment. SQLite keeps no time zone, so it is UTC on the way in and on the way out."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Refuse a time without a zone: nobody could say later what it meant."""
        if value is not None and value.tzinfo is None:
            raise ValueError(f"a time without a zone: {value}")
        return value and value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Say that it is UTC."""
        return value and (value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC))


class Row(SQLModel):
    """A row of ours: its own metadata, with names for every constraint so that a migration can drop one."""

    metadata: ClassVar[MetaData] = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def only_where(condition: str) -> dict[str, Any]:
    """Make an index partial; both databases have them, each under its own keyword."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class EventRow(Row, table=True):
    """An event, from before its step ran; ``data`` is JSON."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_unfinished", "id", **only_where("done_at IS NULL")),)

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = Field(sa_type=UtcTime, index=True)
    kind: str = Field(sa_type=Prose)
    source: str = Field(sa_type=Prose, index=True)
    data: str = Field(sa_type=Prose)
    done_at: datetime | None = Field(default=None, sa_type=UtcTime, index=True)
    tried_at: datetime | None = Field(default=None, sa_type=UtcTime)
    attempts: int = 0
    error: str = Field(default="", sa_type=Prose)


class SourceRow(Row, table=True):
    """How the polls of one source went; ``outages`` is what of its surroundings fails, as :class:`Outage` by part."""

    __tablename__ = "source"

    name: str = Field(sa_type=Prose, primary_key=True)
    last_success: datetime | None = Field(default=None, sa_type=UtcTime)
    failing_since: datetime | None = Field(default=None, sa_type=UtcTime)
    error: str = Field(default="", sa_type=Prose)
    error_url: str = Field(default="", sa_type=Prose)
    settled: str | None = Field(default=None, sa_type=Prose)
    next_check: datetime | None = Field(default=None, sa_type=UtcTime)
    cadence: str = Field(default="", sa_type=Prose)
    outages: dict[str, dict[str, str]] = Field(default={}, sa_type=JSON, sa_column_kwargs={"server_default": "{}"})


class DocumentRow(Row, table=True):
    """A feed document as last used: its validators and, deflated, the very body that they are of."""

    __tablename__ = "document"

    source: str = Field(sa_type=Prose, primary_key=True, foreign_key="source.name")
    url: str = Field(sa_type=Prose, primary_key=True)
    etag: str | None = Field(sa_type=Prose)
    last_modified: str | None = Field(sa_type=Prose)
    sha256: str = Field(sa_type=Prose)
    body: bytes = Field(sa_type=LargeBinary)
    saved_at: datetime = Field(sa_type=UtcTime)


class ReleaseRow(Row, table=True):
    """A version that upstream listed at least once; it is never removed."""

    __tablename__ = "release"

    source: str = Field(sa_type=Prose, primary_key=True, foreign_key="source.name")
    line: str = Field(sa_type=Prose, primary_key=True)
    version: str = Field(sa_type=Prose, primary_key=True)
    published: date | None
    lts: str = Field(sa_type=Prose)
    security: bool
    supported_from: date | None
    supported_until: date | None
    maintained: bool
    first_seen: datetime = Field(sa_type=UtcTime)
    withdrawn_since: datetime | None = Field(default=None, sa_type=UtcTime)


class ArtifactRow(Row, table=True):
    """What a release has for one platform; ``version`` is older than ``release`` where the platform was late."""

    __tablename__ = "artifact"
    __table_args__ = (
        ForeignKeyConstraint(["source", "line", "release"], ["release.source", "release.line", "release.version"]),
    )

    source: str = Field(sa_type=Prose, primary_key=True)
    line: str = Field(sa_type=Prose, primary_key=True)
    release: str = Field(sa_type=Prose, primary_key=True)
    arch: str = Field(sa_type=Prose, primary_key=True)
    libc: str = Field(sa_type=Prose, primary_key=True)
    version: str = Field(sa_type=Prose)
    url: str = Field(sa_type=Prose)
    algorithm: str = Field(sa_type=Prose)
    digest: str = Field(sa_type=Prose)
    verified: str = Field(sa_type=Prose)
    signed: bool
    size: int | None = Field(sa_type=BigInteger)


class ChecksumRow(Row, table=True):
    """A digest that a URL had, and what was seen of the file. Rows are added, never removed; a digest never changes."""

    __tablename__ = "checksum"
    __table_args__ = (UniqueConstraint("url", "algorithm", "digest"),)

    id: int | None = Field(default=None, primary_key=True)
    url: str = Field(sa_type=Prose)
    algorithm: str = Field(sa_type=Prose)
    digest: str = Field(sa_type=Prose)
    first_seen: datetime = Field(sa_type=UtcTime)
    last_seen: datetime = Field(sa_type=UtcTime)
    size: int | None = Field(default=None, sa_type=BigInteger)
    etag: str = Field(default="", sa_type=Prose)
    verified: str = Field(default="", sa_type=Prose)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcTime)
    approved_at: datetime | None = Field(default=None, sa_type=UtcTime)


class QuarantineRow(Row, table=True):
    """A file whose checksum is another one than recorded; digests as ``sha256:…``, ``issue`` is the forge's number."""

    __tablename__ = "quarantine"

    url: str = Field(sa_type=Prose, primary_key=True)
    published: str = Field(sa_type=Prose, primary_key=True)
    source: str = Field(sa_type=Prose)
    line: str = Field(sa_type=Prose)
    version: str = Field(sa_type=Prose)
    recorded: str = Field(sa_type=Prose)
    since: datetime = Field(sa_type=UtcTime)
    settled_at: datetime | None = Field(default=None, sa_type=UtcTime)
    issue: int | None = None
    issue_url: str = Field(default="", sa_type=Prose)


class ProofRow(Row, table=True):
    """What a detached signature proved of the file at a URL; ``evidence`` is a digest of signature and keys."""

    __tablename__ = "proof"

    url: str = Field(sa_type=Prose, primary_key=True)
    evidence: str = Field(sa_type=Prose, primary_key=True)
    algorithm: str = Field(sa_type=Prose)
    digest: str = Field(sa_type=Prose)
    verified: str = Field(sa_type=Prose)
    made: datetime = Field(sa_type=UtcTime)


class HoldRow(Row, table=True):
    """What waits for upstream; ``arch`` and ``libc`` are empty where the whole release does."""

    __tablename__ = "hold"

    source: str = Field(sa_type=Prose, primary_key=True, foreign_key="source.name")
    line: str = Field(sa_type=Prose, primary_key=True)
    version: str = Field(sa_type=Prose, primary_key=True)
    arch: str = Field(sa_type=Prose, primary_key=True)
    libc: str = Field(sa_type=Prose, primary_key=True)
    reason: str = Field(sa_type=Prose)
    since: datetime = Field(sa_type=UtcTime)
    due: datetime | None = Field(default=None, sa_type=UtcTime)


class IgnoredRow(Row, table=True):
    """A version that a person does not want, in one line or (``""``) in all; its source need not have been polled."""

    __tablename__ = "ignored"

    source: str = Field(sa_type=Prose, primary_key=True)
    line: str = Field(sa_type=Prose, primary_key=True)
    version: str = Field(sa_type=Prose, primary_key=True)
    reason: str = Field(sa_type=Prose)
    at: datetime = Field(sa_type=UtcTime)


class PullRow(Row, table=True):
    """A pull request of ours; the database itself allows one open one per branch."""

    __tablename__ = "pull"
    __table_args__ = (Index("uq_pull_open_branch", "branch", unique=True, **only_where("state = 'open'")),)

    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    source: str = Field(sa_type=Prose)
    line: str | None = Field(sa_type=Prose)
    old: str | None = Field(sa_type=Prose)
    new: str | None = Field(sa_type=Prose)
    lines: dict[str, str] = Field(sa_type=JSON)
    key: str = Field(sa_type=Prose)
    branch: str = Field(sa_type=Prose)
    title: str = Field(sa_type=Prose)
    url: str = Field(sa_type=Prose)
    state: str = Field(sa_type=Prose)
    head: str = Field(sa_type=Prose)
    base: str = Field(sa_type=Prose)
    merge_commit: str | None = Field(sa_type=Prose)
    event: int
    held: str = Field(default="", sa_type=Prose, sa_column_kwargs={"server_default": ""})
    opened_at: datetime = Field(sa_type=UtcTime)
    updated_at: datetime = Field(sa_type=UtcTime)


class PublishedRow(Row, table=True):
    """A tag in the registry and the digest behind it: the ledger of what was pushed, or was there before us."""

    __tablename__ = "published"

    repository: str = Field(sa_type=Prose, primary_key=True)
    tag: str = Field(sa_type=Prose, primary_key=True)
    digest: str = Field(sa_type=Prose)
    pushed_at: datetime = Field(sa_type=UtcTime)
    dated: bool
    origin: str = Field(sa_type=Prose)
