"""One line of one source, as a look at it finds it: what is recorded, what is proposed, what upstream lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator import matrix
from generator.rows import Catalogue, Stack
from sources.source import Source
from state.events import ProposalObsolete
from state.model import Held, Platform, Release, Skipped, Version
from state.store import PullRecord
from watcher.answers import LineNetwork
from watcher.app import App
from watcher.documents import Asked


@dataclass(frozen=True, slots=True)
class Line:
    """What a look needs to know: the line as it is recorded, what is proposed of it, and what upstream lists.

    ``fresh`` tells that a document changed since the last poll, ``daily`` that it is the day's first: a list beside a
    release may be another one without any document telling so, as Node's were when musl builds were made again.
    ``waiting`` is what waited at the last poll.
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
    daily: bool
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
            _first_today(app, source.NAME),
            [h for h in app.store.holds(source.NAME) if h.line == name],
        )

    @property
    def ours(self) -> tuple[Version | None, ...]:
        """The versions that we brought: the one that is proposed, the one that is recorded."""
        return self.proposed, self.recorded.version if self.recorded else None

    def ignored(self, release: Release) -> str:
        """Why a person does not want it, in this line or in any; ``""`` if nobody said so."""
        ignored, version = self.app.store.ignored(self.source.NAME), str(release.version)
        return ignored.get((self.name, version)) or ignored.get(("", version), "")

    def obsolete(self, reason: str) -> ProposalObsolete | None:
        """Note that the line's open pull request has become pointless, if there is one."""
        return ProposalObsolete(self.source.NAME, self.pull.number, reason) if self.pull else None

    def skipped(self, version: Version, reason: str) -> Skipped:
        """Note that a version is passed over."""
        return Skipped(self.source.NAME, self.name, str(version), reason)


def _first_today(app: App, source: str) -> bool:
    """Whether no poll of this day went well yet."""
    last = app.store.source_state(source).last_success
    return last is None or last.date() < app.now().date()
