"""What was seen of a distro in one look, and the few questions that every decision asks of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatchcase

from generator.distro_move import Move
from generator.rows import Distro
from state.events import FeedFailed
from state.model import Arch, ArchiveState, Base, Held, OsLine, Release, Skipped
from watcher.app import App
from watcher.distro_bases import Bases
from watcher.distro_packages import State
from watcher.looks import Look


@dataclass(slots=True)
class Seen:
    """``newest`` are upstream's newest releases by line; ``fresh`` tells that they were read anew, else it is empty.

    ``states`` and ``archives`` are what of the line's packages, and of those of device vendors, should be recorded.
    ``moves`` collects what should be proposed, ``found`` what waits or is skipped, ``failed`` by part what besides the
    documents could not be had.
    """

    app: App
    distro: Distro
    records: Mapping[str, OsLine]
    newest: Mapping[str, Release]
    today: date
    fresh: bool
    bases: Bases = field(default_factory=Bases)
    states: dict[str, State] = field(default_factory=dict)
    archives: dict[str, Mapping[str, ArchiveState]] = field(default_factory=dict)
    moves: list[Move] = field(default_factory=list)
    found: Look = field(default_factory=lambda: Look(""))
    failed: dict[str, list[FeedFailed]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The distro's name, and its source's."""
        return self.distro.name

    def supported(self, release: Release) -> bool:
        """Whether upstream supports it, and it is out."""
        return release.supported(self.today) and (release.published is None or release.published <= self.today)

    def facts(self, release: Release) -> OsLine:
        """What a release says of its line."""
        return OsLine(
            self.name,
            release.line,
            version=release.version,
            published=release.published,
            lts=release.lts,
            supported_from=release.supported_from,
            supported_until=release.supported_until,
        )

    def based(self, bases: Mapping[Arch, str], record: OsLine | None) -> tuple[Base, ...]:
        """The bases with what their registries say now, or with what is recorded where they could not be asked."""
        return tuple(
            Base(arch, ref, self.bases.digests.get(ref) or (record.digest(arch, ref) if record else ""))
            for arch in Arch
            if (ref := bases.get(arch))
        )

    def archived(self, line: OsLine) -> OsLine:
        """The line with the state of its package archive, if that was seen."""
        line = replace(line, archives=self.archives.get(line.line, {}))
        state = self.states.get(line.line)
        if state is None:
            return line
        now = state.line
        return replace(line, snapshot=now.snapshot, taken=now.taken, packages=now.packages, updates=now.updates)

    def unwanted(self, release: Release) -> bool:
        """Whether the settings or a person say not to propose this version; it is told then."""
        version, line = str(release.version), release.line
        ignored = self.app.store.ignored(self.name)
        reason = ignored.get((line, version)) or ignored.get(("", version), "")
        pattern = next((p for p in self.app.config.source(self.name).ignore if fnmatchcase(version, p)), None)
        if pattern:
            reason = f"the settings ignore {pattern}"
        if reason:
            self.skip(line, version, reason)
        return bool(reason)

    def fail(self, part: str, failures: Iterable[FeedFailed]) -> None:
        """Note what of a part (``bases``, ``packages``, ``archives``) could not be had."""
        for each in failures:
            self.failed.setdefault(part, []).append(each)

    def skip(self, line: str, version: str, reason: str) -> None:
        """Note what is deliberately not proposed."""
        self.found.skipped.append(Skipped(self.name, line, version, reason))

    def hold(self, line: OsLine, reason: str) -> None:
        """Note that a line waits, since when it was first seen to."""
        key = (line.line, str(line.version), None, None)
        since = {(h.line, h.version, h.arch, h.libc): h.since for h in self.app.store.holds(self.name)}
        self.found.held.append(Held(self.name, *key, reason, since.get(key, self.app.now())))
