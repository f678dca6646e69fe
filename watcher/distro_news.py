"""What of a look at a distro is news: events for the journal, each proposal once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from generator.distro_move import Move, What
from state.events import DistroMoved, Event, ProposalObsolete, ReleaseHeld
from state.store import PullRecord
from watcher.distro_seen import Seen

_PARTS: tuple[What, ...] = ("base", "packages", "devices", "version")
"""Kinds that bring a part of what is recorded of a line."""


def events(seen: Seen) -> list[Event]:
    """What happened since the last look; security first: its pull request is the first that a maintainer sees."""
    store = seen.app.store
    before = {(held.line, held.version) for held in store.holds(seen.name)}
    held = [ReleaseHeld(each) for each in seen.found.held if (each.line, each.version) not in before]
    moves = sorted(seen.moves, key=lambda move: not move.security)
    wanted = [_event(move) for move in moves if not _refused(seen, move) and not _proposed(seen, move)]
    return [*_obsolete(seen), *held, *wanted]


def _event(move: Move) -> DistroMoved:
    return DistroMoved(move.source, move.what, move.lines, move.absent, move.security)


def _refused(seen: Seen, move: Move) -> bool:
    """Whether a maintainer closed the pull request of just this; it is told."""
    ignored = seen.app.store.ignored(seen.name)
    reasons = [ignored.get((line, name), "") for line, name in move.ids().items()]
    if not all(reasons):
        return False
    for line in move.lines:
        seen.skip(line.line, move.told(line) or "", reasons[0])
    return True


def _proposed(seen: Seen, move: Move) -> bool:
    """Whether the open pull request brings this already, as far as it is worth bringing it up to date."""
    pull = seen.app.store.open_pull(f"watcher/{move.branch}")
    event = _asked_for(seen, pull)
    if event is None:
        return False
    if move.what in ("packages", "devices") and not move.security:
        return True  # weekly: what came since comes with the next
    return _essence(event) == _essence(_event(move))


def _asked_for(seen: Seen, pull: PullRecord | None) -> DistroMoved | None:
    """The event that an open pull request was made for."""
    recorded = seen.app.store.recorded(pull.event) if pull else None
    return recorded.event if recorded and isinstance(recorded.event, DistroMoved) else None


def _essence(event: DistroMoved) -> object:
    """What a person would see to be another proposal: an archive moves every day, and what moved in it matters."""
    if event.what == "packages":
        return [line.packages for line in event.lines]
    return (
        event.what,
        event.absent,
        [replace(line, snapshot="", taken=None, packages={}, updates=None) for line in event.lines],
    )


def _obsolete(seen: Seen) -> Iterator[ProposalObsolete]:
    """Open pull requests that have become pointless."""
    for pull in seen.app.store.pulls(state="open"):
        event = _asked_for(seen, pull) if pull.source == seen.name else None
        reason = _pointless(seen, event, pull.branch) if event else None
        if reason:
            yield ProposalObsolete(seen.name, pull.number, reason)


def _pointless(seen: Seen, event: DistroMoved, branch: str) -> str | None:
    """Why what an open pull request brings is not to be brought any more."""
    name = event.lines[0].line
    line = seen.distro.line(name)
    if event.what in _PARTS:
        if line is None:
            return f"{name} is gone"
        if any(move.what == "end" and move.line == name for move in seen.moves):
            return f"upstream's support of {name} ended"
        settled = seen.fresh if event.what == "version" else set(line.bases.values()) <= seen.bases.digests.keys()
        if (
            event.what not in ("packages", "devices")
            and settled
            and branch not in {f"watcher/{move.branch}" for move in seen.moves}
        ):
            return "upstream has again what is recorded"
    done = {"line": line is not None, "end": line is None, "default": seen.distro.default == name}
    return "the catalogue has it already" if done.get(event.what) else None
