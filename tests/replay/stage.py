"""The stage: one workspace and one upstream in which a history is played, by the daemon's own steps at its own times.

When it polls is what its cadence says (``watcher/cadence.py``). Polls between two recorded states find nothing new and
change nothing of what the cadence goes by, so they are only counted; the first poll after a state is played for real.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from generator import matrix
from generator.rows import Catalogue
from state.events import FeedFailed, PullRequestOpened, PullRequestUpdated
from state.model import Checksum, Held, Platform, Release, Version
from state.store import PullRecord, pace
from tests.replay.history import History
from tests.replay.tally import Tally
from tests.upstream import Upstream
from tests.upstream.registry import Registry
from tests.world import World
from watcher import bus, workspace
from watcher.app import App
from watcher.cadence import Facts, Rhythm, next_check
from watcher.conductor import Conductor


def play(history: History, folder: Path) -> Tally:
    """Play *history* in the empty *folder*."""
    served = folder / "served"
    for host in history.hosts:
        (served / host).mkdir(parents=True)
    with Upstream(served) as upstream, Registry() as registry:
        moments = history.moments()
        workspace.make(folder / "ws", [], moments[0])
        world = Theatre(folder, upstream, registry=registry)
        stage = Stage(history, Tally(history.name, bad=history.bad))
        for number, moment in enumerate(moments):
            at = stage.arrival(moment)
            if number + 1 < len(moments) and moments[number + 1] <= at:
                stage.tally.passed += 1  # upstream had moved on before anybody asked
                continue
            registry.tags = dict(history.images(moment))
            history.serve(moment, served, folder / "ws" / "var" / "keys" / history.name)
            world.day(at)
            world.run(lambda app, moment=moment: stage.poll(app, moment))  # type: ignore[misc]
        return stage.tally


@dataclass
class Theatre(World):
    """A world with a registry beside the upstream."""

    registry: Registry = field(default_factory=Registry)

    def _settings(self) -> None:
        """Lead to the registry too."""
        super()._settings()
        with self.config_file.open("a") as file:
            file.writelines(f'"{official}" = "{url}"\n' for official, url in self.registry.mirrors().items())


class Stage:
    """Who plays: the daemon's conductor, and a maintainer who merges all that it proposes."""

    def __init__(self, history: History, tally: Tally) -> None:
        self._history, self.tally = history, tally
        self._recorded: dict[str, Release] = {}
        self._next: tuple[datetime, Rhythm, Facts] | None = None

    def arrival(self, moment: datetime) -> datetime:
        """When the daemon polls first after *moment*; what it asks until then in vain is counted."""
        if self._next is None:
            return moment
        at, rhythm, facts = self._next
        while at < moment:
            self.tally.vain += 1
            at = next_check(rhythm, replace(facts, now=at)).at
        return at

    async def poll(self, app: App, moment: datetime) -> None:
        """Poll what has been served since *moment*, merge, and note what came of it."""
        name, conductor, poll = self._history.name, Conductor(app), self.tally.polled(moment, app.now())
        before = await app.images.catalogue(await app.images.head())
        stack = next((s for s in before.stacks.values() if s.source == name), None)
        self.tally.proposes = stack is not None or name in before.distros
        due = self._history.due(moment, stack.require if stack else ())
        for key in due:
            self.tally.due.setdefault(key, poll)
        since = app.store.last_event()
        failed = (await conductor.poll(name)).failed
        if name in await conductor.settle():  # files that were compared meanwhile: the daemon polls once more
            failed = (await conductor.poll(name)).failed
        for release in app.store.releases(name):
            self.tally.recorded.setdefault((release.line, str(release.version)), poll)
        self._note(app.store.holds(name), failed, poll)
        await self._again(app, self._history.respun(moment), since, poll)
        pulls = _touched(app, since)
        for pull in pulls:
            self._pull(pull, before, poll)
        for pull in pulls:  # the maintainer merges one, lets the watcher see that, merges the next
            await app.forge.merge(pull.number)
            await conductor.look()
        left = [each.event for each in app.store.unfinished()]
        self.tally.broken += [f"poll {poll}: a step failed: {type(event).__name__}" for event in left]
        after = await app.images.catalogue(await app.images.head())
        self._compare(after)
        for (line, version), platforms in due.items():
            if stack and (line, version) in self.tally.proposed:
                self._files(after, line, version, set(platforms) & set(matrix.wanted(after, stack.name, line)), poll)
        self._next = self._plan(app)

    async def _again(self, app: App, respun: Collection[str], since: int, poll: int) -> None:
        """Note which of the files that were made again are in quarantine, and nothing is proposed of; then accept them."""
        name, tally, store = self._history.name, self.tally, app.store
        for url in respun:
            tally.respun.setdefault(url, poll)
        changed = store.checksums.changed(name)
        for pull in _touched(app, since):
            brought = [each for each in changed if pull.lines.get(each.line) == each.version]
            tally.false += [f"false: {pull.title}, of a file that was made again: {each.url}" for each in brought]
        tally.broken += [f"no issue was raised: {each.url}" for each in changed if each.issue is None]
        for each in changed:
            tally.quarantined.setdefault(each.url, poll)
            accepted = Checksum(*each.published.partition(":")[::2])
            await bus.run(app, store.checksums.approve(each.url, accepted, app.now()))
        if changed:
            await Conductor(app).poll(name)

    def _plan(self, app: App) -> tuple[datetime, Rhythm, Facts]:
        """When the daemon polls next, and what its cadence goes by."""
        name, now = self._history.name, app.now()
        state = app.store.source_state(name)
        with app.store._reading() as session:
            known = pace._pace(session, name, now.date())
        facts = Facts(now, known.days, known.sighted, app.store.holds(name), state.failing_since)
        assert state.next_check
        return state.next_check, app.config.source(name).rhythm(name), facts

    def _note(self, waiting: Iterable[Held], failed: Iterable[FeedFailed], poll: int) -> None:
        """Note what was held, refused and told."""
        tally, holds = self.tally, list(waiting)
        tally.held |= {(f"{h.line} {h.version}", str(h.arch or "")) for h in holds}
        for failure in failed:
            tally.failed.setdefault(f"{failure.url}: {failure.field} {failure.error}", []).append(poll)
        said = [h.version for h in holds if h.arch is None] + [f"{f.url} {f.error}" for f in failed]
        tally.refused |= {version for version in tally.bad if any(version in each for each in said)}

    def _pull(self, pull: PullRecord, before: Catalogue, poll: int) -> None:
        """Note what was proposed; of a distro a pull request names its line's version in its own way."""
        tally, kind = self.tally, pull.branch.split("/")[1]
        if kind == "eol" and pull.line:
            tally.ended.add(pull.line)
        if kind != pull.source:
            tally.others[kind] = tally.others.get(kind, 0) + 1
            return
        distro = pull.source in before.distros
        brought = {pull.line: pull.new} if distro and pull.line and pull.new else pull.lines
        for line, version in brought.items():
            if distro and version == "rolling":
                continue
            if (line, version) not in tally.due:
                tally.false.append(f"false: {pull.title}: {line} {version}, at poll {poll}")
            recorded = before.os_lines.get((pull.source, line)) if distro else before.releases.get((pull.source, line))
            if recorded and recorded.version and Version(version) < recorded.version:
                tally.downgrades.append(f"downgrade: {pull.title}, at poll {poll}")
            tally.proposed.setdefault((line, version), poll)

    def _compare(self, catalogue: Catalogue) -> None:
        """Compare what is recorded on the default branch, and was not before, with what upstream published."""
        for release in catalogue.lines(self._history.name):
            if self._recorded.get(release.line) != release:
                self._recorded[release.line] = release
                self.tally.approved |= self.tally.quarantined.keys() & {artifact.url for artifact in release.artifacts}
                self.tally.wrong += [
                    f"wrong: {artifact.url} is recorded with {artifact.checksum}"
                    for artifact in release.artifacts
                    if self._history.digests.get(artifact.url) != artifact.checksum.digest
                ]

    def _files(self, catalogue: Catalogue, line: str, version: str, platforms: Collection[Platform], poll: int) -> None:
        """Note which files of a release are there, and which of them are recorded."""
        release = catalogue.releases.get((self._history.name, line))
        for platform in platforms:
            key = line, version, str(platform)
            self.tally.files.setdefault(key, poll)
            artifact = release.artifact(platform) if release else None
            if artifact and str(artifact.version) == version:
                self.tally.merged.setdefault(key, poll)


def _touched(app: App, since: int) -> list[PullRecord]:
    """The pull requests that were opened or updated after an event."""
    events = [each.event for each in app.store.events_after(since)]
    numbers = [e.pull.number for e in events if isinstance(e, PullRequestOpened | PullRequestUpdated)]
    return [pull for number in dict.fromkeys(numbers) if (pull := app.store.pull(number))]
