"""What the watcher remembers between runs; :class:`Store` is all of it that others use."""

from state.store.builds import Builds
from state.store.desk import Desk, Pause
from state.store.entries import Entry, summary_of
from state.store.feeds import Document, Failures, SourceState, Validators
from state.store.inbox import Delivery, Inbox, Wanted, Wish
from state.store.journal import Recorded
from state.store.moves import Move, Pin, Pins, Why
from state.store.pace import Pace, Pacing
from state.store.published import Ledger, Published
from state.store.pulls import PullRecord
from state.store.quarantine import Changed
from state.store.status import Status
from state.store.store import Store
from state.store.turns import Turn

__all__ = [
    "Builds",
    "Changed",
    "Delivery",
    "Desk",
    "Document",
    "Entry",
    "Failures",
    "Inbox",
    "Ledger",
    "Move",
    "Pace",
    "Pacing",
    "Pause",
    "Pin",
    "Pins",
    "Published",
    "PullRecord",
    "Recorded",
    "SourceState",
    "Status",
    "Store",
    "Turn",
    "Validators",
    "Wanted",
    "Why",
    "Wish",
    "summary_of",
]
