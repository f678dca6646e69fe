"""What is remembered of a source's feeds: documents with their validators, and how the polls went."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from sqlmodel import Session, select

from state.tables import DocumentRow, SourceRow


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
    query = select(DocumentRow.url, DocumentRow.etag, DocumentRow.last_modified, DocumentRow.sha256)
    rows = session.exec(query.where(DocumentRow.source == source))
    return {url: Validators(etag, last_modified, sha256) for url, etag, last_modified, sha256 in rows}


def cached(session: Session, source: str, url: str) -> bytes | None:
    """Return the body that the validators of this document are of, or None."""
    row = session.get(DocumentRow, (source, url))
    return zlib.decompress(row.body) if row else None


def save(session: Session, source: str, documents: Iterable[Document], now: datetime) -> None:
    """Keep documents in place of their former selves."""
    for document in documents:
        values = document._asdict() | {"body": zlib.compress(document.body)}
        session.merge(DocumentRow(source=source, saved_at=now, **values))


def forget(session: Session, source: str, urls: Iterable[str]) -> None:
    """Forget the documents of *source* at these URLs."""
    for url in urls:
        if row := session.get(DocumentRow, (source, url)):
            session.delete(row)


def succeeded(session: Session, source: str, settled: str | None, now: datetime) -> SourceRow:
    """Note a poll that went well; what failed before is over. Who keeps the row spares the session to ask for it again."""
    row = session.get(SourceRow, source) or SourceRow(name=source)
    row.last_success, row.failing_since, row.error, row.error_url, row.settled = now, None, "", "", settled
    session.add(row)
    session.flush()  # other rows refer to it
    return row


def failed(session: Session, source: str, error: str, url: str, now: datetime, *, settled: bool = True) -> SourceRow:
    """Note a poll that failed; the last good state stays, but is not *settled* if the poll went on with part of it."""
    row = session.get(SourceRow, source) or SourceRow(name=source)
    row.failing_since = row.failing_since or now
    row.error, row.error_url = error, url
    if not settled:
        row.settled = None
    session.add(row)
    session.flush()  # see above
    return row


def outages(row: SourceRow, failed: Failures, now: datetime) -> None:
    """Note what besides the documents could not be had by a poll; what failed before keeps its beginning."""
    row.outages = {
        part: {"since": row.outages.get(part, {}).get("since", now.isoformat()), "error": error, "url": url}
        for part, (error, url) in failed.items()
    }


def states(session: Session) -> Mapping[str, SourceState]:
    """Return the state of every source that was ever polled, by name."""
    return {row.name: _state(row) for row in session.exec(select(SourceRow).order_by(SourceRow.name))}


def state(session: Session, source: str) -> SourceState:
    """Return the state of one source; an empty one if it was never polled."""
    row = session.get(SourceRow, source)
    return _state(row) if row else SourceState()


def _state(row: SourceRow) -> SourceState:
    told = {p: Outage(datetime.fromisoformat(o["since"]), o["error"], o["url"]) for p, o in row.outages.items()}
    return SourceState(
        row.last_success, row.failing_since, row.error, row.error_url, row.settled, row.next_check, row.cadence, told
    )
