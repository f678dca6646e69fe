"""Digests: what each URL had when it was first seen, and what a person approved since. Nothing is overwritten."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlmodel import Session, col, select

from state.errors import StoreError
from state.model import Checksum
from state.tables import ChecksumRow

_BATCH = 500
"""URLs per query: SQLite bounds the number of parameters."""


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
