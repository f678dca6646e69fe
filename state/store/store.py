"""The one door to the state database: each method is one transaction, values go in and values come out.

It is memory, not truth: the images repository and the forge are, and ``watcher recover`` rebuilds it from them.

Methods are synchronous and are called from the event loop: on SQLite reading takes well under a millisecond and writing
one sync of its log. PostgreSQL takes several round trips: there ``asyncio.to_thread`` is for them, which is safe.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from types import MappingProxyType
from typing import Self

from sqlalchemy import Engine
from sqlmodel import Session

from state.events import ArtifactChanged, ChecksumSettled, Event
from state.model import Artifact, Held, Release, Standing
from state.store import entries, feeds, holds, journal, news, pace, pulls, quarantine, schema, turns, upstream
from state.store.builds import Builds
from state.store.desk import Desk
from state.store.entries import Entry
from state.store.evidence import Checksums
from state.store.feeds import Document, SourceState, Validators
from state.store.journal import Recorded
from state.store.pace import Pacing
from state.store.pages import Pages
from state.store.proofs import Proofs
from state.store.published import Ledger
from state.store.pulls import PullRecord
from state.store.status import Status, status
from state.store.transaction import together, transaction
from state.store.turns import Turn


class Store:
    """The state database.

    ``checksums`` are the digests that files had, and which of them count; ``proofs`` what detached signatures proved;
    ``ledger`` what the registry holds of ours, as far as we know; ``desk`` what the daemon keeps beside the journal;
    ``builds`` what is to be made, and what was; ``pages`` what the dashboard asks.

    :raises StoreError: from every method, where the database cannot do it (locked for 5 s, disk full, damaged);
        nothing of that call is kept then
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writer = engine.execution_options(immediate=True)
        self.checksums = Checksums(self._reading, self._writing)
        self.proofs = Proofs(self._reading, self._writing)
        self.ledger = Ledger(self._reading, self._writing)
        self.desk = Desk(self._reading, self._writing)
        self.builds = Builds(self._reading, self._writing)
        self.pages = Pages(self._reading)

    @classmethod
    def open(cls, url: str) -> Self:
        """Open the database of an SQLAlchemy *url* (``sqlite:////var/lib/watcher/state.db``).

        A missing file is made, readable by its owner only; an older one is migrated. StoreError if it is no database of ours.
        """
        return cls(schema.connect(url))

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def turn(self, name: str) -> Turn:
        """Return the wish for the turn *name*: of all processes on this database one has it at a time."""
        return turns.turn(self._engine, name)

    # The journal.

    def record(self, events: Sequence[Event], now: datetime) -> list[Recorded]:
        """Record events, in order; when this returns they outlive a crash and a power cut."""
        with self._writing() as session:
            return journal.append(session, events, now)

    def finish(self, recorded: Recorded, followups: Sequence[Event], now: datetime) -> list[Recorded]:
        """Mark an event done and record what its step returned, both or neither.

        Where another process finished it meanwhile, nothing is recorded: that one recorded the follow-ups.
        """
        with self._writing() as session:
            return journal.append(session, followups, now) if journal.finish(session, recorded.id, now) else []

    def fail(self, recorded: Recorded, error: str, now: datetime) -> None:
        """Count an attempt that failed; the event stays unfinished."""
        with self._writing() as session:
            journal.fail(session, recorded.id, error, now)

    def unfinished(self) -> list[Recorded]:
        """Return the events whose step has to run (again), oldest first.

        One that this program cannot read is left out: :meth:`events` shows it, :meth:`status` counts it.
        """
        with self._reading() as session:
            return journal.unfinished(session)

    def recorded(self, number: int) -> Recorded | None:
        """Return the event of that number, or None."""
        with self._reading() as session:
            return journal.find(session, number)

    def build_planned(self, pull: int) -> Recorded | None:
        """Return the event that fixed what pull request number *pull* builds, or None."""
        with self._reading() as session:
            return journal.build_planned(session, pull)

    def last_event(self) -> int:
        """Return the number of the newest event, 0 if there is none."""
        with self._reading() as session:
            return journal.last(session)

    def news(self) -> news.News:
        """Return whether there is anything new, for less than any other look."""
        return news.look(self._engine)

    def events_after(self, number: int) -> list[Recorded]:
        """Return what was recorded after the event of that number, oldest first."""
        with self._reading() as session:
            return journal.after(session, number)

    def events(self, limit: int, source: str | None = None, since: datetime | None = None) -> list[Entry]:
        """Return the newest *limit* lines of the journal, oldest first."""
        with self._reading() as session:
            return entries.newest(session, limit, source, since)

    # Polls.

    def together(self) -> AbstractContextManager[None]:
        """Make one transaction of all that is written inside, without an await; what is refused is refused alone."""
        return together(self._writer)

    def validators(self, source: str) -> Mapping[str, Validators]:
        """Return URL → validators of the documents that are kept of *source*."""
        with self._reading() as session:
            return feeds.validators(session, source)

    def cached(self, source: str, url: str) -> bytes | None:
        """Return the body that belongs to :meth:`validators`, or None."""
        with self._reading() as session:
            return feeds.cached(session, source, url)

    def poll_finished(
        self,
        source: str,
        *,
        now: datetime,
        documents: Iterable[Document] = (),
        forget: Collection[str] = (),
        events: Sequence[Event] = (),
        listed: Sequence[Release] | None = None,
        waiting: Sequence[Held] | None = None,
        changed: Sequence[ArtifactChanged] = (),
        settled: str | None = None,
        failed: tuple[str, str] | None = None,
        outages: feeds.Failures = MappingProxyType({}),
        pacing: Pacing | None = None,
    ) -> list[Recorded]:
        """Keep all that a poll that went well found out, or nothing of it; return its events as recorded.

        The validators of a document may only be kept with the events that its content led to: after a crash
        between the two the next poll would be told "not modified", and a release would be lost.

        :param documents: those fetched in full; what was not modified stays as it is
        :param forget: URLs of documents that nobody needs any more
        :param listed: everything that upstream lists, with the files of what was looked up; None if that was not
            read anew. What it listed before and does not now is withdrawn
        :param waiting: everything that waits now, None if nothing about that changed
        :param changed: the files whose digest is another one than recorded: they are in quarantine
        :param settled: kept for :meth:`source_state`
        :param failed: error and URL of a document in whose place the kept one was used: the source is failing
        :param outages: what besides the documents could not be had
        :param pacing: says when the source is to be polled next, asked once all else is kept
        :raises StoreError: an artifact's digest contradicts the one that is recorded for its URL
        """
        with self._writing() as session:
            before = feeds.begun(session, source)
            after = feeds.succeeded(before, settled, now)
            if failed:
                after = feeds.failed(before, *failed, now, settled=False)
            feeds.save(session, source, documents, now)
            feeds.forget(session, source, forget)
            if listed is not None:
                upstream.save(session, source, listed, now)
            if waiting is not None:
                holds.replace(session, source, waiting)
            quarantine.hold(session, changed, now)
            quarantine.settle(session, [event for event in events if isinstance(event, ChecksumSettled)], now)
            after = pace.scheduled(session, source, feeds.without(after, outages, now), pacing, now)
            feeds.keep(session, source, after)
            return journal.append(session, events, now)

    def poll_failed(self, source: str, error: str, url: str, now: datetime, pacing: Pacing | None = None) -> None:
        """Note that a poll failed and on which document; what is known stays."""
        with self._writing() as session:
            after = feeds.failed(feeds.begun(session, source), error, url, now)
            feeds.keep(session, source, pace.scheduled(session, source, after, pacing, now))

    def source_state(self, source: str) -> SourceState:
        """Return how the polls of *source* went; an empty state if there were none."""
        with self._reading() as session:
            return feeds.state(session, source)

    # Releases, and why some are not proposed.

    def releases(self, source: str, lines: Collection[str] | None = None) -> list[Release]:
        """Return what upstream lists (of these lines), highest version first, with the files recorded of each."""
        with self._reading() as session:
            return upstream.load(session, source, lines)

    def files(self, source: str, line: str, version: str) -> list[Artifact]:
        """Return the files that are recorded of one release."""
        with self._reading() as session:
            return upstream.files(session, source, line, version)

    def newest(self, source: str, today: date) -> Mapping[str, str]:
        """Return line → highest version, for the lines that upstream supports on *today*."""
        with self._reading() as session:
            return upstream.newest(session, source, today)

    def first_seen(self, source: str, version: str) -> datetime | None:
        """Return when upstream was first seen to list *version*; that never changes."""
        with self._reading() as session:
            return upstream.first_seen(session, source, version)

    def remember_release(self, release: Release, seen: datetime) -> None:
        """Note a release that was *seen* before this memory began; one that is known stays as it is."""
        with self._writing() as session:
            upstream.remember(session, release, seen)

    def withdrawn(self, source: str) -> Mapping[str, datetime]:
        """Return version → since when upstream does not list it any more."""
        with self._reading() as session:
            return upstream.withdrawn(session, source)

    def holds(self, source: str | None = None) -> list[Held]:
        """Return what waits (for one source), longest first; ``since`` is when it was first held."""
        with self._reading() as session:
            return holds.load(session, source)

    def ignore(self, source: str, line: str, version: str, reason: str, now: datetime) -> None:
        """Note that a person does not want *version* in *line*; ``""``: in any."""
        with self._writing() as session:
            holds.ignore(session, source, line, version, reason, now)

    def unignore(self, source: str, line: str, version: str) -> bool:
        """Forget that, for *line* or (``""``) altogether; False if it was not ignored."""
        with self._writing() as session:
            return holds.unignore(session, source, line, version)

    def ignored(self, source: str) -> Mapping[tuple[str, str], str]:
        """Return (line, version) → reason; the line is ``""`` where every line is meant."""
        with self._reading() as session:
            return holds.ignored(session, source)

    # Pull requests.

    def save_pull(self, pull: PullRecord, now: datetime) -> None:
        """Keep *pull* in place of what was recorded under its number; StoreError on a branch's second open one."""
        with self._writing() as session:
            pulls.save(session, pull, now)

    def pulls(self, state: Standing | None = None) -> list[PullRecord]:
        """Return all (in that state), newest first."""
        with self._reading() as session:
            return pulls.load(session, state)

    def pull(self, number: int) -> PullRecord | None:
        """Return one, or None."""
        with self._reading() as session:
            return pulls.find(session, number)

    def open_pull(self, branch: str) -> PullRecord | None:
        """Return the open one of *branch*, or None."""
        with self._reading() as session:
            return pulls.open_on(session, branch)

    def status(self, today: date) -> Status:
        """Return the whole picture, as JSON; ``newest`` names the lines that are supported on *today*."""
        with self._reading() as session:
            return status(session, today)

    def _reading(self) -> AbstractContextManager[Session]:
        return transaction(self._engine)

    def _writing(self) -> AbstractContextManager[Session]:
        return transaction(self._writer)
