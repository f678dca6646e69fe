"""Whether what upstream offers of one release may be proposed: present, unchanged, compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sources import availability
from state.errors import NotPublished
from state.events import ArtifactChanged, FeedFailed
from state.model import Artifact, Held, Offer, Platform, Release
from watcher.app import App

WAITING = "being downloaded and compared: upstream does not sign it"


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


async def judge(app: App, release: Release, offer: Offer) -> Judged:
    """Judge what upstream offers of *release*; a changed digest ends it, since nothing of it is proposed then."""
    judged = Judged(changed=_changed(app, release, offer.artifacts))
    if judged.changed:
        judged.late = [(a.platform, told(c)) for c in judged.changed for a in offer.artifacts if a.url == c.url]
        return judged
    fetch = app.feeds(release.source)
    checked = await availability.confirm(offer, fetch, app.store.confirmed([a.url for a in offer.artifacts]))
    grace = app.config.settings.feed.compare_grace
    good, bad = await app.comparer.within(grace, checked.pending, release.source, fetch)
    judged.ready, judged.late, judged.away = [*checked.ready, *good], list(checked.missing), list(checked.away)
    for artifact, error in bad:
        judged.late.append((artifact.platform, error.problem))
        if not isinstance(error, NotPublished):
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


def held(app: App, release: Release, platform: Platform | None, reason: str) -> Held:
    """Make a hold of a release, or of one platform of it, with the time since when it waits."""
    arch, libc = platform or (None, None)
    version = str(release.version)
    since = {(h.version, h.arch, h.libc): h.since for h in app.store.holds(release.source)}
    return Held(release.source, version, arch, libc, reason, since.get((version, arch, libc), app.now()))


def _changed(app: App, release: Release, artifacts: Sequence[Artifact]) -> list[ArtifactChanged]:
    """The files whose digest contradicts what is recorded of their URL."""
    found = []
    for artifact in artifacts:
        recorded = app.store.conflict(artifact.url, artifact.checksum)
        if recorded:
            version = str(release.version)
            found.append(ArtifactChanged(release.source, version, artifact.url, str(recorded), str(artifact.checksum)))
    return found
