"""One line of one source: the newest release that can be proposed, and what stands in the way of newer ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from fnmatch import fnmatchcase

from generator import matrix
from generator.rows import Catalogue, Stack
from sources.source import Source
from state.errors import FetchError, KeyTooOld, NotPublished, SourceError
from state.events import FeedFailed, ProposalObsolete, SupportEnded
from state.model import Artifact, Held, Offer, Platform, Release, Skipped, Version
from state.store import PullRecord
from watcher import withdrawal
from watcher.answers import LineNetwork
from watcher.app import App
from watcher.documents import Asked
from watcher.looks import Look, same
from watcher.offers import WAITING, Judged, ask, held, judge, went_back

_TRIES = 3
"""How many releases of a line are looked at when the newest cannot be had: older ones help nobody."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a look needs to know: the line as it is recorded, what is proposed of it, and what upstream lists.

    ``fresh`` tells that a document changed since the last poll, ``waiting`` what waited then.
    """

    app: App
    source: Source
    stack: Stack
    wanted: Sequence[Platform]
    name: str
    recorded: Release | None
    pull: PullRecord | None
    proposed: Version | None
    listed: Sequence[Release]
    network: LineNetwork
    fresh: bool
    waiting: Sequence[Held]

    @classmethod
    def of(cls, app: App, asked: Asked, catalogue: Catalogue, name: str, releases: Sequence[Release]) -> Line:
        """Gather it."""
        source = app.sources[asked.source]
        stack = next(s for s in catalogue.stacks.values() if s.source == source.NAME)
        pull = app.store.open_pull(f"watcher/{source.NAME}/{stack.group_of(name)}")
        proposal = pull or app.store.open_pull(f"watcher/{source.NAME}/import")
        proposed = proposal.lines.get(name) if proposal else None
        return cls(
            app,
            source,
            stack,
            matrix.wanted(catalogue, stack.name, name),
            name,
            catalogue.releases.get((source.NAME, name)),
            pull,
            Version(proposed) if proposed else None,
            sorted((r for r in releases if not r.version.is_prerelease), key=lambda r: r.version, reverse=True),
            LineNetwork(asked.answers),
            asked.changed,
            [h for h in app.store.holds(source.NAME) if h.line == name],
        )

    async def look(self) -> Look:
        """Look at the line: newest release first, until one can be proposed or is recorded already."""
        found, today = Look(self.name), self.app.now().date()
        if not self.listed:
            await self._vanished(found)
        if self._over(found, today):
            return found
        kept = await self._withdrawn(found)
        newest = await self._search(found) or kept
        had = found.release or self.recorded
        found.awaited = newest if newest and not (had and had.version == newest.version) else None
        if self.recorded and found.release:
            new = found.release.version
            found.passed = tuple(r for r in self.listed if self.recorded.version < r.version < new)
        return found

    async def _search(self, found: Look) -> Release | None:
        """Go down the releases until one settles the line; return the newest that nobody refuses.

        What is older than one that waits is looked at when that is news, and is not said to wait as well.
        """
        newest, tries = None, 0
        for release in self.listed:
            if self._older(release, found):
                break
            if self._refused(release, found):
                if self._ignored(release):
                    break  # "not this version" does not mean the one before it
                continue
            newest = newest or release
            if self._young(release, found):
                continue
            if not self._worth(release, found, tries) or await self._tried(release, found, first=not tries):
                break
            tries += 1
        return newest

    async def _tried(self, release: Release, found: Look, *, first: bool) -> bool:
        """Try one release, as :meth:`_take`; of those that wait as a whole only the *first*, the newest, is held."""
        had = len(found.held)
        settled = await self._take(release, found)
        if not first:
            found.held[had:] = [h for h in found.held[had:] if h.arch]
        return settled

    def _worth(self, release: Release, found: Look, tries: int) -> bool:
        """Whether to look at a release after *tries* newer ones: a document changed, or what the newest waits for."""
        before = {(h.version, h.arch, h.libc, h.reason) for h in self.waiting}
        known = bool(found.held) and all((h.version, h.arch, h.libc, h.reason) in before for h in found.held)
        return not tries or (tries < _TRIES and (self.fresh or not known or release.version in self._ours))

    @property
    def _ours(self) -> tuple[Version | None, ...]:
        """The versions that we brought: the one that is proposed, the one that is recorded."""
        return self.proposed, self.recorded.version if self.recorded else None

    def _over(self, found: Look, today: date) -> bool:
        """Whether the line is not to be looked at: its support ended, is yet to begin, or is unknown."""
        if not self.listed:
            return True
        if self.listed[0].supported(today):
            return False
        until = self.listed[0].supported_until
        if self.recorded and until and until < today:
            version = str(self.recorded.version)
            found.ended = SupportEnded(self.source.NAME, self.name, version, until.isoformat())
            found.obsolete = self._obsolete(f"upstream's support of {self.name} ended on {until}")
        elif self.recorded and until is None:
            reason = f"upstream does not say how long {self.name} is supported: nothing new of it is proposed"
            found.skipped.append(Skipped(self.source.NAME, self.name, str(self.recorded.version), reason))
        return True

    async def _vanished(self, found: Look) -> None:
        """Say that upstream lists nothing of the line any more: it may have ended, or its document may be cut short."""
        reason = f"upstream lists nothing of {self.name} any more"
        if self.recorded:
            kept = f"{reason}; what is recorded stays: if the line has ended, remove its record"
            found.skipped.append(Skipped(self.source.NAME, self.name, str(self.recorded.version), kept))
        if self.proposed and not await self._doubted(found, self.proposed):
            found.obsolete = self._obsolete(reason)

    async def _withdrawn(self, found: Look) -> Release | None:
        """Say of what is recorded or proposed that upstream does not list it any more; return a proposal that stands.

        Only what is newer than something that is listed: some upstreams list a few newest releases, or the one.
        """
        listed = [r.version for r in self.listed]
        reason = "withdrawn from upstream's index"
        if self.recorded and self.recorded.version not in listed and listed[0] < self.recorded.version:
            kept = Skipped(self.source.NAME, self.name, str(self.recorded.version), f"{reason}; what is recorded stays")
            found.skipped.append(kept)
        if not self.proposed or self.proposed in listed or self.proposed < listed[-1]:
            return None
        if await self._doubted(found, self.proposed):
            return Release(self.source.NAME, self.name, self.proposed, None)
        found.obsolete = self._obsolete(f"{self.proposed} was {reason}")
        return None

    async def _doubted(self, found: Look, proposed: Version) -> bool:
        """Whether what lacks the *proposed* release may be an old index: then it stays proposed, and that is said."""
        doubt = await withdrawal.doubt(self.app, self.source.NAME, self.name, proposed, self.listed, self.network)
        if doubt:
            found.skipped.append(Skipped(self.source.NAME, self.name, str(proposed), doubt))
        return bool(doubt)

    def _older(self, release: Release, found: Look) -> bool:
        """Whether we have, or propose, something newer: nothing is taken back unless it was withdrawn."""
        if self.recorded and release.version < self.recorded.version:
            return True
        withdrawn = found.obsolete and not any(r.version == self.proposed for r in self.listed)
        return self.proposed is not None and not withdrawn and release.version < self.proposed

    def _refused(self, release: Release, found: Look) -> bool:
        """Whether a person or a rule says not to propose this version."""
        version, app = str(release.version), self.app
        pattern = next((p for p in app.config.source(self.source.NAME).ignore if fnmatchcase(version, p)), None)
        reason = self._ignored(release)
        if release.published and release.published > app.now().date() + timedelta(days=1):
            reason = f"dated in the future: {release.published}"
        elif pattern:
            reason = f"the settings ignore {pattern}"
        if not reason:
            return False
        found.skipped.append(Skipped(self.source.NAME, self.name, version, reason))
        if release.version == self.proposed:
            found.obsolete = self._obsolete(reason)
        return True

    def _ignored(self, release: Release) -> str:
        """Why a person does not want it, in this line or in any; ``""`` if nobody said so."""
        ignored, version = self.app.store.ignored(self.source.NAME), str(release.version)
        return ignored.get((self.name, version)) or ignored.get(("", version), "")

    def _obsolete(self, reason: str) -> ProposalObsolete | None:
        """Note that the line's open pull request has become pointless, if there is one."""
        return ProposalObsolete(self.source.NAME, self.pull.number, reason) if self.pull else None

    async def _take(self, release: Release, found: Look) -> bool:
        """Try one release; True if it settles the line: proposed, recorded, or not to be had today."""
        name, app = self.source.NAME, self.app
        waiting = [h for h in self.waiting if h.version == str(release.version)]
        if self._complete(release) and not self.fresh and not waiting:
            return True
        there = self._there(release, waiting)
        asked = [p for p in self.wanted if p not in there]
        try:
            offer, changed = await ask(app, self.source, release, asked, self.network) if asked else (Offer(()), [])
            judged = await judge(app, release, offer, changed)
        except (KeyTooOld, NotPublished) as error:
            found.held.append(held(app, release, None, error.problem))
            return False
        except FetchError as error:
            # Upstream cannot be asked: what is older is no answer to that.
            found.failed.append(FeedFailed(name, error.url, error.field, error.problem))
            return True
        except SourceError as error:
            found.failed.append(FeedFailed(name, error.url, error.field, error.problem))
            return False
        found.failed += judged.failed
        found.changed += judged.changed
        found.settled += went_back(app, name, offer)
        found.away += judged.away
        if judged.away and self.proposed == release.version:
            found.held += waiting  # it was complete enough to propose: a network error takes nothing of that back
            return True
        judged.ready += there.values()
        return self._settle(release, judged, found)

    def _there(self, release: Release, waiting: Sequence[Held]) -> Mapping[Platform, Artifact]:
        """Return the files that an earlier look found to be ready: while nothing is fresh they are not asked for again.

        Whatever of the release waits is.
        """
        late = {(h.arch, h.libc) for h in waiting}
        if self.fresh or (None, None) in late:
            return {}
        files = self.app.store.files(self.source.NAME, self.name, str(release.version))
        return {a.platform: a for a in files if a.version == release.version and (a.arch, a.libc) not in late}

    def _young(self, release: Release, found: Look) -> bool:
        """Whether it is younger than the settings want; a security release never is, nor one that we brought."""
        app, least = self.app, self.app.config.source(self.source.NAME).minimum_release_age
        if not least or release.security or release.version in self._ours:
            return False
        seen = app.store.first_seen(self.source.NAME, str(release.version)) or app.now()
        # Upstream names a day: seen on that day it was born when we saw it, seen later at the day's end.
        day = release.published
        born = min(seen, datetime.combine(day + timedelta(days=1), time(), UTC)) if day else seen
        if app.now() >= born + least:
            return False
        reason = f"younger than the minimum release age: due {born + least:%Y-%m-%d %H:%M}"
        found.held.append(replace(held(app, release, None, reason), due=born + least))
        return True

    def _settle(self, release: Release, judged: Judged, found: Look) -> bool:
        """Make the record of what is ready; what is late keeps the file of the version before."""
        late = dict(judged.late)
        awaited = sorted(late.keys() & set(self.stack.require))
        if not judged.changed and (awaited or not judged.ready):
            reason = f"awaiting {', '.join(map(str, awaited))}: {late[awaited[0]]}" if awaited else "has no file for us"
            found.held.append(held(self.app, release, None, reason))
            # What is being compared is there in a moment: no older release is worth a download meanwhile.
            return bool(judged.away) or any(why == WAITING for _, why in judged.late)
        found.held += (holds := [self._late(release, platform, reason) for platform, reason in judged.late])
        if judged.changed:
            return False
        found.late = tuple(holds)
        was = {(a.platform, a.url, a.checksum): a for a in self.recorded.artifacts} if self.recorded else {}
        artifacts = {a.platform: was.get((a.platform, a.url, a.checksum), a) for a in judged.ready}
        kept = [a for a in (self.recorded.artifacts if self.recorded else ()) if a.platform in late]
        artifacts |= {a.platform: a for a in kept}
        made = replace(release, artifacts=tuple(artifacts[p] for p in sorted(artifacts)))
        found.made.append(made)
        if self.recorded is None or not same(self.recorded, made):
            found.release = made
        elif not judged.away:
            found.obsolete = self._obsolete("the images repository has it already")
        return True

    def _late(self, release: Release, platform: Platform, reason: str) -> Held:
        """Hold one platform: for as long as the stack's policy allows."""
        wait = None if platform in self.stack.allow_missing else timedelta(hours=self.stack.wait_up_to_hours)
        return held(self.app, release, platform, reason, wait=wait)

    def _complete(self, release: Release) -> bool:
        """Whether the release is what is recorded, for every platform that is wanted."""
        if self.recorded is None or self.recorded.version != release.version:
            return False
        return all((a := self.recorded.artifact(p)) and a.version == release.version for p in self.wanted)
