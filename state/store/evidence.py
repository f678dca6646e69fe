"""What is known of files by their URL: the digests that were seen, which of them count, and which do not yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import datetime

from sqlmodel import Session

from state.model import Checksum
from state.store import checksums, journal, quarantine
from state.store.journal import Recorded
from state.store.quarantine import Changed
from state.tables import QuarantineRow

_Transaction = Callable[[], AbstractContextManager[Session]]


class Checksums:
    """The digests on record: each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing

    def conflict(self, url: str, checksum: Checksum) -> Checksum | None:
        """Return the accepted digest of *url* that *checksum* contradicts, or None.

        Accepted is the first one recorded (per algorithm), and every one that a person approved.
        """
        with self._reading() as session:
            return checksums.conflict(session, url, checksum)

    def confirm(self, url: str, checksum: Checksum, size: int, now: datetime) -> None:
        """Note that the file was downloaded, *size* bytes, and has this digest; StoreError on a conflict."""
        with self._writing() as session:
            checksums.see(session, url, checksum, size, now).confirmed_at = now

    def confirmed(self, urls: Iterable[str]) -> set[tuple[str, Checksum]]:
        """Return (URL, digest) of those of these URLs that were confirmed."""
        with self._reading() as session:
            return checksums.confirmed(session, urls)

    def seen(self, url: str) -> list[checksums.Sight]:
        """Return every digest that *url* had, oldest first, with what was seen of it."""
        with self._reading() as session:
            return checksums.sights(session, url)

    def approve(self, url: str, checksum: Checksum, now: datetime) -> list[Recorded]:
        """Accept a changed digest because a person looked at it; the former one stays on record.

        Returns what is in the journal because of it: its steps are still to run.
        :raises StoreError: no digest of *url* is recorded, or no other one: nothing changed
        """
        with self._writing() as session:
            return journal.append(session, quarantine.approve(session, url, checksum, now), now)

    def changed(self, source: str | None = None) -> list[Changed]:
        """Return the files in quarantine (of one source), longest first."""
        with self._reading() as session:
            return quarantine.load(session, source)

    def quarantined(self, url: str, published: str) -> Changed | None:
        """Return one file that is in quarantine or was, or None; *published* is written ``sha256:…``."""
        with self._reading() as session:
            return quarantine.find(session, url, published)

    def save_issue(self, url: str, published: str, number: int, issue_url: str) -> None:
        """Keep which issue of the forge tells of a file in quarantine."""
        with self._writing() as session:
            row = session.get(QuarantineRow, (url, published))
            if row is not None:
                row.issue, row.issue_url = number, issue_url
                session.add(row)
