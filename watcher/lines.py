"""One line of one source: the newest release that can be proposed, and what stands in the way of newer ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase

from state.events import SupportEnded
from state.model import Release, Version
from watcher import taking, withdrawal
from watcher.line import Line
from watcher.looks import Look
from watcher.offers import held

_TRIES = 3
"""How many releases of a line are looked at when the newest cannot be had: older ones help nobody."""


async def look(line: Line) -> Look:
    """Look at the line: newest release first, until one can be proposed or is recorded already."""
    found, today = Look(line.name), line.app.now().date()
    if not line.listed:
        await _vanished(line, found)
    if _over(line, found, today):
        return found
    kept = await _withdrawn(line, found)
    newest = await _search(line, found) or kept
    had = found.release or line.recorded
    found.awaited = newest if newest and not (had and had.version == newest.version) else None
    if line.recorded and found.release:
        new = found.release.version
        found.passed = tuple(r for r in line.listed if line.recorded.version < r.version < new)
    return found


async def _search(line: Line, found: Look) -> Release | None:
    """Go down the releases until one settles the line; return the newest that nobody refuses.

    What is older than one that waits is looked at when that is news, and is not said to wait as well.
    """
    newest, tries = None, 0
    for release in line.listed:
        if _older(line, release, found):
            break
        if _refused(line, release, found):
            if line.ignored(release):
                break  # "not this version" does not mean the one before it
            continue
        newest = newest or release
        if _young(line, release, found):
            continue
        if not _worth(line, release, found, tries) or await _tried(line, release, found, first=not tries):
            break
        tries += 1
    return newest


async def _tried(line: Line, release: Release, found: Look, *, first: bool) -> bool:
    """Try one release, as :func:`taking.take`; of those that wait as a whole only the *first*, the newest, is held."""
    had = len(found.held)
    settled = await taking.take(line, release, found)
    if not first:
        found.held[had:] = [h for h in found.held[had:] if h.arch]
    return settled


def _worth(line: Line, release: Release, found: Look, tries: int) -> bool:
    """Whether to look at a release after *tries* newer ones: a document changed, or what the newest waits for."""
    before = {(h.version, h.arch, h.libc, h.reason) for h in line.waiting}
    known = bool(found.held) and all((h.version, h.arch, h.libc, h.reason) in before for h in found.held)
    return not tries or (tries < _TRIES and (line.fresh or not known or release.version in line.ours))


def _over(line: Line, found: Look, today: date) -> bool:
    """Whether the line is not to be looked at: its support ended, is yet to begin, or is unknown."""
    if not line.listed:
        return True
    if line.listed[0].supported(today):
        return False
    until = line.listed[0].supported_until
    if line.recorded and until and until < today:
        version = str(line.recorded.version)
        found.ended = SupportEnded(line.source.NAME, line.name, version, until.isoformat())
        found.obsolete = line.obsolete(f"upstream's support of {line.name} ended on {until}")
    elif line.recorded and until is None:
        reason = f"upstream does not say how long {line.name} is supported: nothing new of it is proposed"
        found.skipped.append(line.skipped(line.recorded.version, reason))
    return True


async def _vanished(line: Line, found: Look) -> None:
    """Say that upstream lists nothing of the line any more: it may have ended, or its document may be cut short."""
    reason = f"upstream lists nothing of {line.name} any more"
    if line.recorded:
        kept = f"{reason}; what is recorded stays: if the line has ended, remove its record"
        found.skipped.append(line.skipped(line.recorded.version, kept))
    if line.proposed and not await _doubted(line, found, line.proposed):
        found.obsolete = line.obsolete(reason)


async def _withdrawn(line: Line, found: Look) -> Release | None:
    """Say of what is recorded or proposed that upstream does not list it any more; return a proposal that stands.

    Only what is newer than something that is listed: some upstreams list a few newest releases, or the one.
    """
    listed = [r.version for r in line.listed]
    reason = "withdrawn from upstream's index"
    if line.recorded and line.recorded.version not in listed and listed[0] < line.recorded.version:
        found.skipped.append(line.skipped(line.recorded.version, f"{reason}; what is recorded stays"))
    if not line.proposed or line.proposed in listed or line.proposed < listed[-1]:
        return None
    if await _doubted(line, found, line.proposed):
        return Release(line.source.NAME, line.name, line.proposed, None)
    found.obsolete = line.obsolete(f"{line.proposed} was {reason}")
    return None


async def _doubted(line: Line, found: Look, proposed: Version) -> bool:
    """Whether what lacks the *proposed* release may be an old index: then it stays proposed, and that is said."""
    doubt = await withdrawal.doubt(line.app, line.source.NAME, line.name, proposed, line.listed, line.network)
    if doubt:
        found.skipped.append(line.skipped(proposed, doubt))
    return bool(doubt)


def _older(line: Line, release: Release, found: Look) -> bool:
    """Whether we have, or propose, something newer: nothing is taken back unless it was withdrawn."""
    if line.recorded and release.version < line.recorded.version:
        return True
    withdrawn = found.obsolete and not any(r.version == line.proposed for r in line.listed)
    return line.proposed is not None and not withdrawn and release.version < line.proposed


def _refused(line: Line, release: Release, found: Look) -> bool:
    """Whether a person or a rule says not to propose this version."""
    version, app = str(release.version), line.app
    pattern = next((p for p in app.config.source(line.source.NAME).ignore if fnmatchcase(version, p)), None)
    reason = line.ignored(release)
    if release.published and release.published > app.now().date() + timedelta(days=1):
        reason = f"dated in the future: {release.published}"
    elif pattern:
        reason = f"the settings ignore {pattern}"
    if not reason:
        return False
    found.skipped.append(line.skipped(release.version, reason))
    if release.version == line.proposed:
        found.obsolete = line.obsolete(reason)
    return True


def _young(line: Line, release: Release, found: Look) -> bool:
    """Whether it is younger than the settings want; a security release never is, nor one that we brought."""
    app, least = line.app, line.app.config.source(line.source.NAME).minimum_release_age
    if not least or release.security or release.version in line.ours:
        return False
    seen = app.store.first_seen(line.source.NAME, str(release.version)) or app.now()
    # Upstream names a day: seen on that day it was born when we saw it, seen later at the day's end.
    day = release.published
    born = min(seen, datetime.combine(day + timedelta(days=1), time(), UTC)) if day else seen
    if app.now() >= born + least:
        return False
    reason = f"younger than the minimum release age: due {born + least:%Y-%m-%d %H:%M}"
    found.held.append(replace(held(app, release, None, reason), due=born + least))
    return True
