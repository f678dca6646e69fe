"""Whether what upstream offers of one release may be proposed: present, unchanged, compared."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from sources import availability
from sources.source import Fetch, Source
from state.errors import FetchError, KeyTooOld, NotPublished
from state.events import ArtifactChanged, ChecksumSettled, FeedFailed
from state.model import Artifact, Checksum, Held, Offer, Platform, Release
from watcher.app import App

WAITING = "being downloaded, to be compared with what upstream says of it"


@dataclass(slots=True)
class Judged:
    """What came of judging one offer.

    ``ready`` may be proposed, ``late`` waits with a reason, ``away`` could not be asked, ``changed`` are files whose
    digest is another one than recorded, ``failed`` those that are not what their digest says.
    """

    ready: list[Artifact] = field(default_factory=list)
    late: list[tuple[Platform, str]] = field(default_factory=list)
    away: list[str] = field(default_factory=list)
    changed: list[ArtifactChanged] = field(default_factory=list)
    failed: list[FeedFailed] = field(default_factory=list)


async def ask(
    app: App, source: Source, release: Release, wanted: Collection[Platform], network: Fetch
) -> tuple[Offer, list[ArtifactChanged]]:
    """Ask upstream for the files of *release*, a second time where one has another digest than is recorded.

    *network* may answer out of the memory what did not change; the second time everything is fetched.
    Returned are the last answer and what it still says differently: a list that was half written is no respin.
    :raises SourceError: as :meth:`sources.source.Source.artifacts`
    """
    offer = await source.artifacts(release, wanted, network)
    if not _conflicts(app, offer):
        return offer, []
    fetch = app.feeds(source.NAME)
    offer = await source.artifacts(release, wanted, fetch)
    return offer, [await _changed(fetch, release, *each) for each in _conflicts(app, offer)]


async def judge(
    app: App,
    release: Release,
    offer: Offer,
    changed: Sequence[ArtifactChanged],
    require: Collection[Platform],
    *,
    again: bool,
) -> Judged:
    """Judge what upstream offers of *release*; a *changed* digest ends it, since nothing of it is proposed then.

    A release without a file that its stack *requires* waits as a whole: no other file of it is worth a request.
    *again* tells that it waited so at the last poll too, and then the required ones are looked at before the others.
    """
    if changed:
        late = [(a.platform, told(c)) for c in changed for a in offer.artifacts if a.url == c.url]
        return Judged(changed=list(changed), late=late)
    if any(platform in require for platform, _ in offer.missing):
        return Judged(late=list(offer.missing), away=list(offer.away))
    if again:
        first = tuple(a for a in offer.artifacts if a.platform in require)
        judged = await _looked_at(app, release, replace(offer, artifacts=first))
        if any(platform in require for platform, _ in judged.late):
            return judged
    return await _looked_at(app, release, offer)


async def _looked_at(app: App, release: Release, offer: Offer) -> Judged:
    """Look for the files of *offer*, and compare those that nobody signed."""
    judged, fetch = Judged(), app.feeds(release.source)
    checked = await availability.confirm(offer, fetch, app.store.checksums.confirmed([a.url for a in offer.artifacts]))
    grace = app.config.settings.feed.compare_grace
    good, bad = await app.comparer.within(grace, checked.pending, release.source, fetch)
    judged.ready, judged.late, judged.away = [*checked.ready, *good], list(checked.missing), list(checked.away)
    for artifact, error in bad:
        judged.late.append((artifact.platform, str(error)))
        if not isinstance(error, NotPublished | KeyTooOld):
            judged.failed.append(FeedFailed(release.source, error.url, error.field, error.problem))
    done = {a.url for a in good} | {a.url for a, _ in bad}
    judged.late += [(a.platform, WAITING) for a in checked.pending if a.url not in done]
    return judged


def told(changed: ArtifactChanged) -> str:
    """Say of a changed file what it was, what it is, and what a person can do."""
    return (
        f"checksum changed: recorded {changed.recorded}, now {changed.published}; look into why, then: "
        f"watcher approve-checksum {changed.url} {changed.published}"
    )


def held(app: App, release: Release, platform: Platform | None, reason: str, *, wait: timedelta | None = None) -> Held:
    """Make a hold of a release, or of one platform of it, with the time since when it waits.

    *wait* is how long that is fine; None: it has no end.
    """
    arch, libc = platform or (None, None)
    key = release.line, str(release.version), arch, libc
    since = {(h.line, h.version, h.arch, h.libc): h.since for h in app.store.holds(release.source)}
    first = since.get(key, app.now())
    return Held(release.source, *key, reason, first, None if wait is None else first + wait)


def _conflicts(app: App, offer: Offer) -> list[tuple[Artifact, Checksum]]:
    """The files whose digest contradicts what is recorded of their URL, and what that is."""
    found = ((a, app.store.checksums.conflict(a.url, a.checksum)) for a in offer.artifacts)
    return [(artifact, recorded) for artifact, recorded in found if recorded]


async def _changed(fetch: Fetch, release: Release, artifact: Artifact, recorded: Checksum) -> ArtifactChanged:
    """Note a changed file, with what its server says of it now."""
    try:
        size, etag = await fetch.look(artifact.url)
    except FetchError:
        size, etag = None, ""
    published, version = str(artifact.checksum), str(release.version)
    return ArtifactChanged(
        release.source, release.line, version, artifact.url, str(recorded), published, size, etag, artifact.verified
    )


def went_back(app: App, source: str, offer: Offer) -> list[ChecksumSettled]:
    """The files in quarantine that upstream offers with an accepted digest again."""
    offered = {a.url: a.checksum for a in offer.artifacts}
    reason = "upstream has the recorded checksum again"
    return [
        ChecksumSettled(source, each.url, each.published, reason)
        for each in app.store.checksums.changed(source)
        if each.url in offered and app.store.checksums.conflict(each.url, offered[each.url]) is None
    ]
