"""One release of a line: whether it can be proposed now, with which files, and what of it waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from state.errors import FetchError, KeyTooOld, NotPublished, SourceError
from state.events import FeedFailed
from state.model import Artifact, Held, Offer, Platform, Release
from watcher.line import Line
from watcher.looks import Look, same
from watcher.offers import WAITING, Judged, ask, held, judge, went_back


async def take(line: Line, release: Release, found: Look) -> bool:
    """Try one release; True if it settles the line: proposed, recorded, or not to be had today."""
    name, app = line.source.NAME, line.app
    waiting = [h for h in line.waiting if h.version == str(release.version)]
    done = _complete(line, release) and not line.fresh and not waiting
    if done and not line.daily:
        return True
    there = _there(line, release, waiting)
    asked = [p for p in line.wanted if p not in there]
    again = not line.fresh and any(h.arch is None for h in waiting)
    answer = await _judged(line, release, asked, found, done=done, again=again)
    if isinstance(answer, bool):
        return answer
    offer, judged = answer
    found.failed += judged.failed
    found.changed += judged.changed
    found.settled += went_back(app, name, offer)
    found.away += judged.away
    if judged.away and line.proposed == release.version:
        found.held += waiting  # it was complete enough to propose: a network error takes nothing of that back
        return True
    judged.ready += there.values()
    return _settle(line, release, judged, found)


async def _judged(
    line: Line, release: Release, asked: Sequence[Platform], found: Look, *, done: bool, again: bool
) -> tuple[Offer, Judged] | bool:
    """Ask for the files of these platforms and judge them; where there is nothing to judge: whether that settles the line.

    Of a release that is *done* it is only of interest whether a file is another one now. *again*: see :func:`judge`.
    """
    name, app = line.source.NAME, line.app
    try:
        offer, changed = await ask(app, line.source, release, asked, line.network) if asked else (Offer(()), [])
        if done and not changed:
            return True
        return offer, await judge(app, release, offer, changed, line.stack.require, again=again)
    except (KeyTooOld, NotPublished) as error:
        found.held.append(held(app, release, None, str(error)))
        return False
    except FetchError as error:
        # Upstream cannot be asked: what is older is no answer to that.
        found.failed.append(FeedFailed(name, error.url, error.field, error.problem))
        return True
    except SourceError as error:
        found.failed.append(FeedFailed(name, error.url, error.field, error.problem))
        return False


def _complete(line: Line, release: Release) -> bool:
    """Whether the release is what is recorded, for every platform that is wanted."""
    if line.recorded is None or line.recorded.version != release.version:
        return False
    return all((a := line.recorded.artifact(p)) and a.version == release.version for p in line.wanted)


def _there(line: Line, release: Release, waiting: Sequence[Held]) -> Mapping[Platform, Artifact]:
    """Return the files that an earlier look of the day found to be ready: while nothing is fresh they are not asked for again.

    Whatever of the release waits is.
    """
    late = {(h.arch, h.libc) for h in waiting}
    if line.fresh or line.daily or (None, None) in late:
        return {}
    files = line.app.store.files(line.source.NAME, line.name, str(release.version))
    return {a.platform: a for a in files if a.version == release.version and (a.arch, a.libc) not in late}


def _settle(line: Line, release: Release, judged: Judged, found: Look) -> bool:
    """Make the record of what is ready; what is late keeps the file of the version before."""
    late = dict(judged.late)
    awaited = sorted(late.keys() & set(line.stack.require))
    if not judged.changed and (awaited or not judged.ready):
        reason = f"awaiting {', '.join(map(str, awaited))}: {late[awaited[0]]}" if awaited else "has no file for us"
        found.held.append(held(line.app, release, None, reason))
        # What is being compared is there in a moment: no older release is worth a download meanwhile.
        return bool(judged.away) or any(why == WAITING for _, why in judged.late)
    found.held += (holds := [_late(line, release, platform, reason) for platform, reason in judged.late])
    if judged.changed:
        return False
    found.late = tuple(holds)
    recorded = line.recorded.artifacts if line.recorded else ()
    was = {(a.platform, a.url, a.checksum): a for a in recorded}
    artifacts = {a.platform: was.get((a.platform, a.url, a.checksum), a) for a in judged.ready}
    artifacts |= {a.platform: a for a in recorded if a.platform in late}
    made = replace(release, artifacts=tuple(artifacts[p] for p in sorted(artifacts)))
    found.made.append(made)
    if line.recorded is None or not same(line.recorded, made):
        found.release = made
    elif not judged.away:
        found.obsolete = line.obsolete("the images repository has it already")
    return True


def _late(line: Line, release: Release, platform: Platform, reason: str) -> Held:
    """Hold one platform: for as long as the stack's policy allows."""
    wait = None if platform in line.stack.allow_missing else timedelta(hours=line.stack.wait_up_to_hours)
    return held(line.app, release, platform, reason, wait=wait)
