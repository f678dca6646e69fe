"""One line of one source: the newest release that can be proposed, and what stands in the way of newer ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from fnmatch import fnmatchcase

from generator import matrix
from generator.rows import Catalogue
from sources import availability
from sources.source import Source
from state.errors import KeyTooOld, NotPublished, SourceError
from state.events import ArtifactChanged, FeedFailed, SupportEnded
from state.model import Artifact, Held, Offer, Platform, Release, Skipped
from watcher.app import App


@dataclass(slots=True)
class Look:
    """What one look at a line found.

    ``release`` is what should be recorded now, late platforms with their previous file; None if the
    catalogue has it already. ``late`` are its own platforms that wait, ``held`` all that waits.
    """

    line: str
    release: Release | None = None
    late: tuple[Held, ...] = ()
    passed: tuple[Release, ...] = ()
    ended: SupportEnded | None = None
    made: list[Release] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    failed: list[FeedFailed] = field(default_factory=list)
    changed: list[ArtifactChanged] = field(default_factory=list)

    @property
    def security(self) -> bool:
        """Whether what is to be proposed, skipped versions included, fixes a vulnerability."""
        return self.release is not None and any(r.security for r in (self.release, *self.passed))


async def look(app: App, source: Source, catalogue: Catalogue, line: str, releases: Sequence[Release]) -> Look:
    """Look at one line; *releases* are all that upstream lists of it."""
    found = Look(line)
    recorded = catalogue.releases.get((source.NAME, line))
    newest_first = sorted((r for r in releases if not r.version.is_prerelease), key=lambda r: r.version, reverse=True)
    if newest_first and not newest_first[0].supported(app.now().date()):
        _end(app, found, recorded, newest_first[0])
        return found
    if recorded and all(r.version != recorded.version for r in newest_first):
        found.skipped.append(
            Skipped(source.NAME, str(recorded.version), "withdrawn from upstream's index; what is recorded stays")
        )
    for release in newest_first:
        if recorded and release.version < recorded.version:
            break
        if _refused(app, source.NAME, release, found):
            continue
        if await _take(app, source, catalogue, release, recorded, found):
            break
    if recorded and found.release:
        new = found.release.version
        found.passed = tuple(r for r in newest_first if recorded.version < r.version < new)
    return found


def _end(app: App, found: Look, recorded: Release | None, release: Release) -> None:
    """Note that upstream no longer supports a line that we have; its start may also still be to come."""
    until = release.supported_until
    if recorded and until and until < app.now().date():
        found.ended = SupportEnded(recorded.source, found.line, str(recorded.version), until.isoformat())


def _refused(app: App, name: str, release: Release, found: Look) -> bool:
    """Whether a person or a rule says not to propose this version."""
    version = str(release.version)
    reason = app.store.ignored(name).get(version)
    pattern = next((p for p in app.config.ignored(name) if fnmatchcase(version, p)), None)
    if pattern:
        reason = f"the settings ignore {pattern}"
    if release.published > app.now().date() + timedelta(days=1):
        reason = f"dated in the future: {release.published}"
    if reason:
        found.skipped.append(Skipped(name, version, reason))
    return reason is not None


async def _take(
    app: App, source: Source, catalogue: Catalogue, release: Release, recorded: Release | None, found: Look
) -> bool:
    """Try one release; True if it settles the line (to propose, or recorded already and complete)."""
    stack = next(s for s in catalogue.stacks.values() if s.source == source.NAME)
    try:
        wanted = matrix.wanted(catalogue, stack.name, found.line)
        offer = await source.artifacts(release, wanted, app.feeds(source.NAME))
        if _changed(app, source.NAME, offer, release, found):
            return False
        ready, late = await _check(app, source.NAME, offer, found)
    except (KeyTooOld, NotPublished) as error:
        _hold(app, found, release, None, error.problem)
        return False
    except SourceError as error:
        found.failed.append(FeedFailed(source.NAME, error.url, error.field, error.problem))
        return False
    awaited = {platform for platform, _ in late} & set(stack.require)
    if awaited:
        _hold(app, found, release, None, f"awaiting {', '.join(sorted(map(str, awaited)))}: {dict(late)[min(awaited)]}")
        return False
    found.late = tuple(_hold(app, found, release, platform, reason) for platform, reason in late)
    _settle(found, release, recorded, ready)
    return True


async def _check(app: App, name: str, offer: Offer, found: Look) -> tuple[list[Artifact], list[tuple[Platform, str]]]:
    """Check that the files are there and are what their digests say: those that are ready, and what others await."""
    fetch = app.feeds(name)
    checked = await availability.confirm(offer, fetch, app.store.confirmed([a.url for a in offer.artifacts]))
    grace = app.config.settings.feed.compare_grace
    good, bad = await app.comparer.within(grace, checked.pending, name, fetch)
    late = list(checked.missing)
    told = {a.url for a in good}
    for artifact, error in bad:
        told.add(artifact.url)
        late.append((artifact.platform, error.problem))
        if not isinstance(error, NotPublished):
            found.failed.append(FeedFailed(name, error.url, error.field, error.problem))
    waiting = "being downloaded and compared: upstream does not sign it"
    late += [(a.platform, waiting) for a in checked.pending if a.url not in told]
    return [*checked.ready, *good], late


def _settle(found: Look, release: Release, recorded: Release | None, ready: Sequence[Artifact]) -> None:
    """Make the record: what is ready, and for what is late the file of the version before."""
    was = {(a.url, a.checksum): a for a in recorded.artifacts} if recorded else {}
    artifacts = {a.platform: was.get((a.url, a.checksum), a) for a in ready}
    kept = (
        [a for a in recorded.artifacts if any((h.arch, h.libc) == a.platform for h in found.late)] if recorded else []
    )
    artifacts |= {a.platform: a for a in kept if a.platform not in artifacts}
    made = replace(release, artifacts=tuple(artifacts[p] for p in sorted(artifacts)))
    found.made.append(made)
    if recorded is None or not _same(recorded, made):
        found.release = made


def _same(recorded: Release, made: Release) -> bool:
    """Whether the record would say the same: sizes and dates of support are not worth a pull request."""

    def essence(release: Release) -> object:
        return release.version, {(a.platform, a.version, a.url, a.checksum) for a in release.artifacts}

    return essence(recorded) == essence(made)


def _changed(app: App, name: str, offer: Offer, release: Release, found: Look) -> bool:
    """Note files whose digest is another one than recorded: the release is not proposed."""
    for artifact in offer.artifacts:
        recorded = app.store.conflict(artifact.url, artifact.checksum)
        if recorded:
            was, now = str(recorded), str(artifact.checksum)
            found.changed.append(ArtifactChanged(name, str(release.version), artifact.url, was, now))
            _hold(
                app,
                found,
                release,
                artifact.platform,
                f"checksum changed: recorded {was}, now {now}; look into why, then: watcher approve-checksum {artifact.url} {now}",
            )
    return bool(found.changed)


def _hold(app: App, found: Look, release: Release, platform: Platform | None, reason: str) -> Held:
    """Note that a release, or one platform of it, waits."""
    arch, libc = platform or (None, None)
    version = str(release.version)
    known = {(h.version, h.arch, h.libc): h.since for h in app.store.holds(release.source)}
    held = Held(release.source, version, arch, libc, reason, known.get((version, arch, libc), app.now()))
    found.held.append(held)
    return held
