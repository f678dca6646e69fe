"""The stage: one workspace and one upstream in which a history is played, with the steps that the daemon takes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from generator import matrix
from generator.rows import Catalogue
from state.model import Platform, Release, Version
from state.store import PullRecord
from tests.replay.history import History
from tests.replay.tally import Tally
from tests.upstream import Upstream
from tests.upstream.registry import Registry
from tests.world import World
from watcher import bus, changes, workspace
from watcher.app import App
from watcher.sync import Report, sync


def play(history: History, folder: Path) -> Tally:
    """Play *history* in the empty *folder*."""
    served = folder / "served"
    for host in history.hosts:
        (served / host).mkdir(parents=True)
    with Upstream(served) as upstream, Registry() as registry:
        moments = history.moments()
        workspace.make(folder / "ws", [], moments[0])
        world = Theatre(folder, upstream, registry=registry)
        stage = Stage(history, Tally(history.name, len(moments), bad=history.bad))
        for poll, moment in enumerate(moments):
            registry.tags = dict(history.images(moment))
            history.serve(moment, served, folder / "ws" / "var" / "keys" / history.name)
            world.day(moment)
            world.run(lambda app, poll=poll: stage.poll(app, poll))  # type: ignore[misc]
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
    """Who plays: the watcher's main job, and a maintainer who merges all that it proposes."""

    def __init__(self, history: History, tally: Tally) -> None:
        self._history, self.tally = history, tally
        self._recorded: dict[str, Release] = {}

    async def poll(self, app: App, poll: int) -> None:
        """Poll once, merge, and note what came of it."""
        name, now = self._history.name, app.now()
        before = await app.images.catalogue(await app.images.head())
        stack = next((s for s in before.stacks.values() if s.source == name), None)
        self.tally.proposes = stack is not None or name in before.distros
        due = self._history.due(now, stack.require if stack else ())
        for key in due:
            self.tally.due.setdefault(key, poll)
        report = await sync(app, [name])
        for release in app.store.releases(name):
            self.tally.recorded.setdefault((release.line, str(release.version)), poll)
        self._note(report, poll)
        for pull in report.pulls:
            self._pull(pull, before, poll)
        await self._merge(app, report)
        after = await app.images.catalogue(await app.images.head())
        self._compare(after)
        for (line, version), platforms in due.items():
            if stack and (line, version) in self.tally.proposed:
                self._files(after, line, version, set(platforms) & set(matrix.wanted(after, stack.name, line)), poll)

    def _note(self, report: Report, poll: int) -> None:
        """Note what was held, refused and told."""
        tally = self.tally
        tally.broken += [f"poll {poll}: a step failed: {type(each.event).__name__}" for each in report.broken]
        tally.held |= {(f"{h.line} {h.version}", str(h.arch or "")) for h in report.held}
        for failure in report.failed:
            tally.failed.setdefault(f"{failure.url}: {failure.field} {failure.error}", []).append(poll)
        said = [h.version for h in report.held if h.arch is None] + [f"{f.url} {f.error}" for f in report.failed]
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

    async def _merge(self, app: App, report: Report) -> None:
        """Be the maintainer: merge one, let the watcher see that, merge the next."""
        for pull in report.pulls:
            await app.forge.merge(pull.number)
            await app.repository.fetch()
            failed = await bus.run(app, app.store.record((await changes.watch(app)).events, app.now()))
            self.tally.broken += [f"after a merge, a step failed: {type(each.event).__name__}" for each in failed]

    def _compare(self, catalogue: Catalogue) -> None:
        """Compare what is recorded on the default branch, and was not before, with what upstream published."""
        for release in catalogue.lines(self._history.name):
            if self._recorded.get(release.line) != release:
                self._recorded[release.line] = release
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
