"""What is remembered of a source's feeds: documents with their validators, and how the polls went."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import RowMapping, bindparam, insert, select, update
from sqlmodel import Session

from state.tables import DocumentRow, Row

_DOCUMENTS, _SOURCES = Row.metadata.tables["document"].c, Row.metadata.tables["source"].c

# Made once, and without the mapper's objects: every poll of every source asks these, nearly always for nothing new.
_VALIDATORS = select(_DOCUMENTS.url, _DOCUMENTS.etag, _DOCUMENTS.last_modified, _DOCUMENTS.sha256).where(
    _DOCUMENTS.source == bindparam("of")
)
_AGAIN = update(Row.metadata.tables["document"]).where(
    _DOCUMENTS.source == bindparam("of"), _DOCUMENTS.url == bindparam("at")
)
_FIRST = insert(Row.metadata.tables["document"])
_EVERY_STATE = select(Row.metadata.tables["source"]).order_by(_SOURCES.name)
_STATE = select(Row.metadata.tables["source"]).where(_SOURCES.name == bindparam("of"))
_CHANGE = update(Row.metadata.tables["source"]).where(_SOURCES.name == bindparam("of"))
_BEGIN = insert(Row.metadata.tables["source"])


class Validators(NamedTuple):
    """What a conditional request sends, and the SHA-256 of the body that it is about, in hexadecimal."""

    etag: str | None
    last_modified: str | None
    sha256: str


class Document(NamedTuple):
    """A document that was fetched in full."""

    url: str
    etag: str | None
    last_modified: str | None
    sha256: str
    body: bytes


class Outage(NamedTuple):
    """Something besides the source's own documents that cannot be had: since when, and what was said last."""

    since: datetime
    error: str
    url: str


Failures = Mapping[str, tuple[str, str]]
"""Part (``bases``, ``packages``, ``archives``, ``releases``) → error and URL of what cannot be had of it."""


@dataclass(frozen=True, slots=True)
class SourceState:
    """How the polls of a source went; ``failing_since`` is the first failure after the last success.

    A success is that all documents of the source itself were read; ``outages`` are what else fails, by part.
    ``settled`` is what the poller said that its last poll was a function of, None if that left something to do.
    ``next_check`` is when it is to be polled next, ``cadence`` why then.
    """

    last_success: datetime | None = None
    failing_since: datetime | None = None
    error: str = ""
    error_url: str = ""
    settled: str | None = None
    next_check: datetime | None = None
    cadence: str = ""
    outages: Mapping[str, Outage] = field(default_factory=dict)


def validators(session: Session, source: str) -> Mapping[str, Validators]:
    """Return the validators of each document of *source* by URL; bodies are not read."""
    rows = session.connection().execute(_VALIDATORS, {"of": source})
    return {url: Validators(etag, last_modified, sha256) for url, etag, last_modified, sha256 in rows}


def cached(session: Session, source: str, url: str) -> bytes | None:
    """Return the body that the validators of this document are of, or None."""
    row = session.get(DocumentRow, (source, url))
    return zlib.decompress(row.body) if row else None


def save(session: Session, source: str, documents: Iterable[Document], now: datetime) -> None:
    """Keep documents in place of their former selves."""
    connection = session.connection()
    for document in documents:
        values = document._asdict() | {"body": zlib.compress(document.body), "saved_at": now}
        if not connection.execute(_AGAIN, {"of": source, "at": document.url, **values}).rowcount:
            connection.execute(_FIRST, {"source": source, **values})


def forget(session: Session, source: str, urls: Iterable[str]) -> None:
    """Forget the documents of *source* at these URLs."""
    for url in urls:
        if row := session.get(DocumentRow, (source, url)):
            session.delete(row)


def succeeded(before: SourceState, settled: str | None, now: datetime) -> SourceState:
    """The state after a poll that went well; what failed before is over."""
    return replace(before, last_success=now, failing_since=None, error="", error_url="", settled=settled)


def failed(before: SourceState, error: str, url: str, now: datetime, *, settled: bool = True) -> SourceState:
    """The state after a poll that failed; the last good one is not *settled* if the poll went on with part of it."""
    kept = before.settled if settled else None
    return replace(before, failing_since=before.failing_since or now, error=error, error_url=url, settled=kept)


def without(before: SourceState, failures: Failures, now: datetime) -> SourceState:
    """The state where a poll could not have these parts; what failed before keeps its beginning."""
    since = {part: outage.since for part, outage in before.outages.items()}
    told = {part: Outage(since.get(part, now), error, url) for part, (error, url) in failures.items()}
    return replace(before, outages=told)


def begun(session: Session, source: str) -> SourceState:
    """Return the state of one source, whose row is there from now on: other rows refer to it."""
    if found := _found(session, source):
        return found
    session.connection().execute(_BEGIN, {"name": source})
    return SourceState()


def keep(session: Session, source: str, now: SourceState) -> None:
    """Keep the state of a source that has a row."""
    values: dict[str, Any] = {name: getattr(now, name) for name in SourceState.__slots__}
    values["outages"] = {p: {**o._asdict(), "since": o.since.isoformat()} for p, o in now.outages.items()}
    session.connection().execute(_CHANGE, {"of": source, **values})


def states(session: Session) -> Mapping[str, SourceState]:
    """Return the state of every source that was ever polled, by name."""
    return {row["name"]: _state(row) for row in session.connection().execute(_EVERY_STATE).mappings()}


def state(session: Session, source: str) -> SourceState:
    """Return the state of one source; an empty one if it was never polled."""
    return _found(session, source) or SourceState()


def _found(session: Session, source: str) -> SourceState | None:
    row = session.connection().execute(_STATE, {"of": source}).mappings().first()
    return _state(row) if row else None


def _state(row: RowMapping) -> SourceState:
    values: dict[str, Any] = {name: row[name] for name in SourceState.__slots__}
    outages = row["outages"]
    values["outages"] = {
        p: Outage(datetime.fromisoformat(o["since"]), o["error"], o["url"]) for p, o in outages.items()
    }
    return SourceState(**values)
