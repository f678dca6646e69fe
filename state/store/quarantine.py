"""Files whose checksum is another one than recorded: in quarantine until a person approves it, or upstream goes back.

Nothing of their release is proposed meanwhile. What was seen of them stays on record as evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from state.events import ArtifactChanged, ChecksumSettled
from state.model import Checksum
from state.store import checksums
from state.tables import QuarantineRow


@dataclass(frozen=True, slots=True)
class Changed:
    """A file in quarantine; digests as ``sha256:…``. ``issue`` is the number of the forge's issue, if it has one."""

    source: str
    line: str
    version: str
    url: str
    recorded: str
    published: str
    since: datetime
    issue: int | None
    issue_url: str


def hold(session: Session, changed: Iterable[ArtifactChanged], now: datetime) -> None:
    """Keep these files in quarantine, and what was seen of each as evidence."""
    for each in changed:
        checksums.witness(session, each, now)
        row = session.get(QuarantineRow, (each.url, each.published))
        if row is None or row.settled_at is not None:
            values = {
                name: getattr(each, name) for name in ("source", "line", "version", "url", "recorded", "published")
            }
            session.merge(QuarantineRow(since=now, settled_at=None, issue=None, issue_url="", **values))


def settle(session: Session, settled: Iterable[ChecksumSettled], now: datetime) -> None:
    """Let these files out again."""
    for each in settled:
        row = session.get(QuarantineRow, (each.url, each.published))
        if row is not None:
            row.settled_at = now
            session.add(row)


def load(session: Session, source: str | None) -> list[Changed]:
    """Return what is in quarantine (of one source), longest first."""
    query = select(QuarantineRow).where(col(QuarantineRow.settled_at).is_(None))
    if source is not None:
        query = query.where(QuarantineRow.source == source)
    return [_value(row) for row in session.exec(query.order_by(col(QuarantineRow.since), QuarantineRow.url))]


def find(session: Session, url: str, published: str) -> Changed | None:
    """Return one file, whether it is still in quarantine or was, or None."""
    row = session.get(QuarantineRow, (url, published))
    return _value(row) if row else None


def approve(session: Session, url: str, checksum: Checksum, now: datetime) -> Sequence[ChecksumSettled]:
    """Accept a digest because a person looked at it; return what that settles, for the journal.

    :raises StoreError: as :func:`state.store.checksums.approve`
    """
    checksums.approve(session, url, checksum, now)
    row = session.get(QuarantineRow, (url, str(checksum)))
    if row is None or row.settled_at is not None:
        return []
    settled = ChecksumSettled(row.source, url, row.published, "approved with `watcher approve-checksum`")
    settle(session, [settled], now)
    return [settled]


def _value(row: QuarantineRow) -> Changed:
    return Changed(
        row.source,
        row.line,
        row.version,
        row.url,
        row.recorded,
        row.published,
        row.since,
        row.issue,
        row.issue_url,
    )
