"""Digests: what each URL had when it was first seen, and what a person approved since. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from state.errors import StoreError
from state.events import ArtifactChanged
from state.model import Artifact, Checksum
from state.tables import ChecksumRow

_BATCH = 500
"""URLs per query: SQLite bounds the number of parameters."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A digest that a URL had, and what was seen of the file: size in bytes, ETag, and how it was verified."""

    checksum: Checksum
    first_seen: datetime
    last_seen: datetime
    size: int | None
    etag: str
    verified: str


def sights(session: Session, url: str) -> list[Sight]:
    """Return every digest that *url* had, oldest first."""
    rows = session.exec(select(ChecksumRow).where(ChecksumRow.url == url).order_by(col(ChecksumRow.id)))
    return [Sight(Checksum(r.algorithm, r.digest), r.first_seen, r.last_seen, r.size, r.etag, r.verified) for r in rows]


def witness(session: Session, changed: ArtifactChanged, now: datetime) -> None:
    """Keep what was seen of a file with another digest than the accepted one; that does not accept it."""
    algorithm, _, digest = changed.published.partition(":")
    row = _row(session, changed.url, Checksum(algorithm, digest), now)
    row.last_seen, row.size, row.etag, row.verified = now, changed.size, changed.etag, changed.verified


def conflict(session: Session, url: str, checksum: Checksum) -> Checksum | None:
    """Return the accepted digest that *checksum* contradicts, or None.

    Accepted is the first that was recorded for the URL in that algorithm, and every one that a person approved;
    the one approved last is returned.
    """
    query = select(ChecksumRow).where(ChecksumRow.url == url, ChecksumRow.algorithm == checksum.algorithm)
    rows = session.exec(query.order_by(col(ChecksumRow.id))).all()
    approved = sorted((row for row in rows[1:] if row.approved_at), key=lambda row: (row.approved_at, row.id))
    accepted = [row.digest for row in (*rows[:1], *approved)]
    if not accepted or checksum.digest in accepted:
        return None
    return Checksum(checksum.algorithm, accepted[-1])


def keep(session: Session, artifact: Artifact, now: datetime) -> None:
    """Record the digest of a file that an image is made of, and what was seen of it; StoreError as :func:`see`."""
    row = see(session, artifact.url, artifact.checksum, artifact.size, now)
    row.etag, row.verified = artifact.etag or row.etag, artifact.verified


def see(session: Session, url: str, checksum: Checksum, size: int | None, now: datetime) -> ChecksumRow:
    """Record that *url* has this digest now; StoreError if it contradicts an accepted one."""
    recorded = conflict(session, url, checksum)
    if recorded:
        raise StoreError(f"{url} is recorded with {recorded}; {checksum} was not approved")
    row = _row(session, url, checksum, now)
    row.last_seen = now
    row.size = size or row.size
    return row


def approve(session: Session, url: str, checksum: Checksum, now: datetime) -> None:
    """Accept a digest because a person looked at it.

    :raises StoreError: none other is recorded: the first digest of a file is what upstream signs, no person's word
    """
    query = select(ChecksumRow.digest).where(ChecksumRow.url == url, ChecksumRow.algorithm == checksum.algorithm)
    recorded = set(session.exec(query))
    if not recorded:
        raise StoreError(f"{url}: no {checksum.algorithm} of it is on record, so that none can have changed")
    if recorded == {checksum.digest}:
        raise StoreError(f"{url}: {checksum} is what is on record: there is nothing to approve")
    _row(session, url, checksum, now).approved_at = now


def confirmed(session: Session, urls: Iterable[str]) -> set[tuple[str, Checksum]]:
    """Return which digests of these URLs were compared with the downloaded file."""
    ordered = sorted(urls)
    found: set[tuple[str, Checksum]] = set()
    for start in range(0, len(ordered), _BATCH):
        query = select(ChecksumRow.url, ChecksumRow.algorithm, ChecksumRow.digest).where(
            col(ChecksumRow.url).in_(ordered[start : start + _BATCH]), col(ChecksumRow.confirmed_at).is_not(None)
        )
        found |= {(url, Checksum(algorithm, digest)) for url, algorithm, digest in session.exec(query)}
    return found


def _row(session: Session, url: str, checksum: Checksum, now: datetime) -> ChecksumRow:
    algorithm, digest = checksum.algorithm, checksum.digest
    query = select(ChecksumRow).where(ChecksumRow.url == url, ChecksumRow.algorithm == algorithm)
    row = session.exec(query.where(ChecksumRow.digest == digest)).first()
    if row is None:
        row = ChecksumRow(url=url, algorithm=algorithm, digest=digest, first_seen=now, last_seen=now)
        session.add(row)
        session.flush()  # so that numbers follow the order of first sight
    return row
