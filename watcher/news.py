"""What of a poll's findings is news: events for the journal, one proposal for each line or release set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from generator.rows import Catalogue, Stack
from state.events import Event, ProposalObsolete, ReleaseHeld, ReleaseSeen, SupportEnded
from state.model import Held
from watcher.app import App
from watcher.looks import Look
from watcher.offers import held as hold


def events(app: App, name: str, catalogue: Catalogue, found: Sequence[Look]) -> list[Event]:
    """What happened, for the journal: only what is new since the last poll.

    A release set that waits for one of its flavours is added to what is held.
    """
    stack = next((s for s in catalogue.stacks.values() if s.source == name), None)
    if stack is None:
        return []
    groups: dict[str, list[Look]] = {}
    for each in found:
        groups.setdefault(stack.group_of(each.line), []).append(each)
    wanted = [each for each in found if each.release]
    if wanted and not any(source == name for source, _ in catalogue.releases):
        proposals: list[Event] = [*_import(app, name, wanted)]
    else:
        # Security first: its pull request is the first that a maintainer sees.
        first = sorted(groups.items(), key=lambda item: not any(each.security for each in item[1]))
        proposals = [event for group, looks in first for event in _proposal(app, stack, group, looks)]
    ended = [ended for group, looks in groups.items() for ended in _ended(app, group, looks)]
    obsolete = [event for group, looks in groups.items() for event in _obsolete(app, stack, group, looks)]
    return [*obsolete, *_waiting(app, name, found), *proposals, *ended]


def _waiting(app: App, name: str, found: Sequence[Look]) -> list[Event]:
    """What waits since this poll, and whose checksum is another one since, or the recorded one again."""
    before = {(h.line, h.version, h.arch, h.libc) for h in app.store.holds(name)}
    holds = [h for each in found for h in each.held if (h.line, h.version, h.arch, h.libc) not in before]
    known = {(c.url, c.published) for c in app.store.checksums.changed(name)}
    changed = [c for each in found for c in each.changed if (c.url, c.published) not in known]
    return [*map(ReleaseHeld, holds), *changed, *(s for each in found for s in each.settled)]


def _import(app: App, name: str, found: Sequence[Look]) -> list[ReleaseSeen]:
    """The first releases of a source: one event, so that one pull request imports all lines."""
    releases = sorted((each.release for each in found if each.release), key=lambda r: r.version)
    seen = ReleaseSeen(name, None, tuple(releases), tuple(h for each in found for h in each.late))
    return _unless_open(app, f"watcher/{name}/import", seen)


def _proposal(app: App, stack: Stack, group: str, looks: Sequence[Look]) -> list[ReleaseSeen]:
    """What one pull request should bring now, unless the open one brings just that already."""
    ready = [(each, each.release) for each in looks if each.release]
    if not ready or _takes_back(app, stack, group, looks):
        return []
    without: tuple[Held, ...] = ()
    if stack.group == "release-set":
        without = tuple(h for each in looks if (h := _awaited(app, each)))
        waits = _wait(app, stack, group, looks)
        if waits and not any(each.security for each in looks):
            ready[0][0].held.append(waits)  # also once its time is up: so that it is not waited for anew
            if waits.due and app.now() < waits.due:
                return []
    releases = tuple(release for _, release in ready)
    passed = tuple(release for each, _ in ready for release in each.passed)
    seen = ReleaseSeen(stack.source, group, releases, tuple(h for each, _ in ready for h in each.late), passed, without)
    return _unless_open(app, f"watcher/{stack.source}/{group}", seen)


def _takes_back(app: App, stack: Stack, group: str, looks: Sequence[Look]) -> bool:
    """Whether the open pull request brings a flavour that cannot be had now: that takes nothing back."""
    pull = app.store.open_pull(f"watcher/{stack.source}/{group}")
    brought = [each for each in looks if pull and each.line in pull.lines]
    return any(each.awaited and not each.release and not each.obsolete for each in brought)


def _wait(app: App, stack: Stack, group: str, looks: Sequence[Look]) -> Held | None:
    """What a release set waits for, since its first flavour was ready; None where none is, or all are."""
    ready = [each.release.version for each in looks if each.release and not each.awaited]
    late = [f"{each.line} {each.awaited.version}" for each in looks if each.awaited]
    if not ready or not late:
        return None
    since = min((h.since for h in app.store.holds(stack.source) if h.line == group), default=app.now())
    due = since + timedelta(hours=stack.wait_up_to_hours)
    reason = f"awaiting {', '.join(late)} of the same set; goes without after {due:%Y-%m-%d %H:%M}"
    return Held(stack.source, group, str(max(ready)), None, None, reason, since, due)


def _awaited(app: App, look: Look) -> Held | None:
    """What a flavour that is not ready waits for."""
    if look.awaited is None:
        return None
    version = str(look.awaited.version)
    own = next((h for h in look.held if h.version == version), None)
    reason = own.reason if own else next((f.error for f in look.failed), "cannot be asked for now")
    return replace(own, arch=None, libc=None) if own else hold(app, look.awaited, None, reason)


def _unless_open(app: App, branch: str, seen: ReleaseSeen) -> list[ReleaseSeen]:
    """The event, unless the open pull request of *branch* brings just that, with the same platforms late."""
    pull = app.store.open_pull(branch)
    if pull is None or dict(pull.lines) != {r.line: str(r.version) for r in seen.releases}:
        return [seen]
    brought = {(r.line, str(r.version)) for r in seen.releases}
    waiting = [h for h in app.store.holds(seen.source) if h.arch and (h.line, h.version) in brought]
    same = {(h.line, h.version, h.arch, h.libc) for h in waiting}
    return [] if same == {(h.line, h.version, h.arch, h.libc) for h in seen.late} else [seen]


def _obsolete(app: App, stack: Stack, group: str, looks: Sequence[Look]) -> list[ProposalObsolete]:
    """The pull request that has become pointless; a release set's only once nothing is left that it could bring."""
    told = [each.obsolete for each in looks if each.obsolete]
    if stack.group != "release-set":
        return told
    pull = app.store.open_pull(f"watcher/{stack.source}/{group}")
    left = [each for each in looks if each.release or (pull and each.line in pull.lines and not each.obsolete)]
    return [] if left else told[:1]


def _ended(app: App, group: str, looks: Sequence[Look]) -> list[SupportEnded]:
    """What ended, unless a pull request that removes it is open, or was closed by a maintainer."""
    ended = [each.ended for each in looks if each.ended]
    branches = {f"watcher/eol/{each.source}-{group}" for each in ended}
    if any(p.branch in branches and p.state != "merged" for p in app.store.pulls()):
        return []
    return [replace(each, line=group) for each in ended[:1]]
