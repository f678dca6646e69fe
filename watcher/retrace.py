"""From dated names back to the builds that wrote them, plan by plan, and to the moves of the names that lead there.

An image's labels name the commit that it was made from; that commit's catalogue says which names it got, and the merged
pull request that the commit is of, why it was made. What a person asked for by hand says nothing of why.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from itertools import groupby
from operator import attrgetter

from generator import builds
from generator.indexes import Index, indexes
from state.errors import CatalogueError, ForgeError, GitError
from state.events import BuildPlanned
from state.model import Build
from state.store import Move, Pin, Published, Why
from watcher import changes, planning
from watcher.app import App
from watcher.dating import split, why
from watcher.drawings import BASE_DIGEST, DEVICE, INPUTS, REVISION, Drawings
from watcher.footing import missing, needs_of
from watcher.recall import Facts, Recalled, dated

HELD = "did not lead to its newest image when the memory was rebuilt"
"""Why a name is pinned that a person moved back before the database was lost, as far as can be told."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image as the registry has it: the dated name of its canonical name, and what its labels say."""

    row: Published
    facts: Facts

    @property
    def name(self) -> str:
        """Its canonical name: the dated one without the date."""
        return _undated(self.row)

    @property
    def at(self) -> datetime:
        """When it was made, as far as its name tells."""
        return self.row.pushed_at


Cause = tuple[datetime, Why, str, int | None]
"""When a name moved, what moved it, in words, and the pull request that asked for it: as :class:`Move` has them."""


@dataclass(slots=True)
class Retrace:
    """One pass over what is known of the registry; ``facts`` are those of images, by digest.

    Kept are: dated names by digest, the newest digest by canonical name, when images were finished by digest, and by
    repository its tags, and where each led last.
    """

    app: App
    facts: Mapping[str, Facts]
    found: Recalled
    names: dict[str, list[Published]] = field(default_factory=dict)
    newest: dict[str, str] = field(default_factory=dict)
    times: dict[str, datetime | None] = field(default_factory=dict)
    tags: dict[str, Mapping[str, Published]] = field(default_factory=dict)
    leads: dict[str, dict[str, str]] = field(default_factory=dict)

    async def all(self, repositories: Collection[str]) -> None:
        """Remember every build and every move that dated names in *repositories* tell of; safe to repeat."""
        made = self.app.store.builds.published()
        images: list[Image] = []
        for row in dated(self.app, repositories):
            self.names.setdefault(row.digest, []).append(row)
            facts = self.facts.get(row.digest)
            image = Image(row, facts or Facts({}, 0))
            known = (image.name, row.digest) in made
            if known or (facts and not facts.members):
                self.newest[image.name] = row.digest
                images += [] if known else [image]
        for commit, some in _by_commit(images).items():
            try:
                await self._made_from(commit, some)
            except (GitError, ForgeError, CatalogueError) as error:
                self.found.untold += [f"{image.row.reference}: {error}" for image in some]
        await self._indexes()
        self._hold(repositories)

    async def _made_from(self, commit: str, images: Sequence[Image]) -> None:
        """Remember the builds of one commit: of its pull request, and of each day on which a person asked for some."""
        drawings = await Drawings.at(self.app, commit)
        await self._keep(drawings, [image for image in images if image.name in drawings.by_name])
        # A device may be younger than the image of its class. An alias of a dated name is no image of its own.
        late = [image for image in images if image.name not in drawings.by_name and DEVICE in image.facts.labels]
        if late:
            head = await Drawings.at(self.app, await self.app.images.head())
            await self._keep(head, [image for image in late if image.name in head.by_name])
            gone = (image.row.reference for image in late if image.name not in head.by_name)
            self.found.untold += [f"{name}: a device that neither its commit nor the catalogue has" for name in gone]

    async def _keep(self, drawings: Drawings, images: Sequence[Image]) -> None:
        """Keep builds and moves; the builds last, since what has none is retraced by the next run."""
        planned = await asked(self.app, drawings, {image.name for image in images})
        taken = {build.name for build in self._of_pull(planned)}
        rows: list[Build] = []
        order = {name: number for number, name in enumerate(planned)}
        # What a device is made of comes first, else the order is the plan's.
        for image in sorted(images, key=lambda each: (DEVICE in each.facts.labels, order.get(each.name, len(order)))):
            row = planned.get(image.name) if image.name not in taken else None
            rows.append(self._build(row or by_hand(drawings, image.name), image))
            taken.add(image.name)
        made = [
            replace(build, plan=number)
            for some in (list(group) for _, group in groupby(sorted(rows, key=_plan), key=_plan))
            for number in [self._planned(some)]
            for build in some
        ]
        for build in made:
            self.app.store.ledger.recall(self._moves(drawings, build))
        self.found.builds += self.app.store.builds.recall(made)

    def _of_pull(self, planned: Mapping[str, Build]) -> list[Build]:
        """What is known of the plan already that these rows are of."""
        known = next((self.app.store.build_planned(row.pull) for row in planned.values()), None)
        return self.app.store.builds.of(known.id) if known else []

    def _build(self, row: Build, image: Image) -> Build:
        self.times[image.row.digest] = done = self._done(row, image)
        return replace(
            row,
            day=image.at.date(),
            dated=image.row.tag.rpartition("-")[2],
            state="pushed" if self._waits(image) else "tagged",
            inputs=image.facts.labels.get(INPUTS, "") if row.kind == "build" else "",
            digest=image.row.digest,
            size=image.facts.size,
            finished_at=done,
        )

    def _done(self, row: Build, image: Image) -> datetime:
        """When it was finished: a device after the class image that it was made of, and before any later one."""
        base = image.facts.labels.get(BASE_DIGEST, "")
        if row.kind == "relabel" and base not in self.times:
            below = self.app.store.builds.by_digest([base]).get(base)
            self.times[base] = below.finished_at if below else None
        of = self.times.get(base)
        if row.kind == "build" or of is None:
            return image.at
        return max(image.at, of) if self.newest.get(row.base) == base else of

    def _waits(self, image: Image) -> bool:
        """Whether it has its dated name alone so far: its canonical one is not there, or may not lead to it yet."""
        if self.newest[image.name] != image.row.digest:
            return False
        there = self._there(image.name)
        soaks = image.at + self.app.config.settings.publish.soak > self.app.now()
        return there is None or (soaks and there.digest != image.row.digest)

    def _planned(self, of: Sequence[Build]) -> int:
        """The number of the event that planned these, which is recorded where it is not known."""
        first = of[0]
        known = self.app.store.build_planned(first.pull) if first.pull else None
        if known:
            return known.id
        at = datetime.combine(min(build.day for build in of), time(), UTC)
        counts = dict(Counter[str](build.kind for build in of))
        event = BuildPlanned(first.source, first.pull, first.commit, counts, at.date().isoformat())
        [recorded] = self.app.store.record([event], at)
        self.app.store.finish(recorded, [], at)
        return recorded.id

    def _moves(self, drawings: Drawings, build: Build) -> list[Move]:
        """What its names did: dated ones, and unless they wait, the moving ones that are in the registry."""
        rows = self.names[build.digest]
        cause = (rows[0].pushed_at, why(build), build.reason, build.pull or None)
        moves = [Move(row.repository, row.tag, "", row.digest, *cause, dated=True) for row in rows]
        if build.state == "tagged":
            names = drawings.names.tags(drawings.images[build.place])
            moves += [self._move(name, build.digest, cause) for name in names if self._there(name)]
        return moves

    def _there(self, name: str) -> Published | None:
        repository, tag = split(name)
        if repository not in self.tags:
            self.tags[repository] = {row.tag: row for row in self.app.store.ledger.of(repository)}
        return self.tags[repository].get(tag)

    def _move(self, name: str, digest: str, cause: Cause) -> Move:
        repository, tag = split(name)
        if repository not in self.leads:
            self.leads[repository] = dict(self.app.store.ledger.last(repository))
        before, self.leads[repository][tag] = self.leads[repository].get(tag, ""), digest
        return Move(repository, tag, before, digest, *cause)

    async def _indexes(self) -> None:
        """Remember the moves of indexes: each is over images of one plan, whose commit names it."""
        over = {digest: facts.members for digest, facts in self.facts.items() if facts.members}
        made = self.app.store.builds.by_digest({member for members in over.values() for member in members})
        known: dict[str, dict[str, Index]] = {}
        for digest in self.names:  # the oldest first
            members = [made[member] for member in over.get(digest, ()) if member in made]
            if members:
                last = max(members, key=attrgetter("day", "id"))
                if last.commit not in known:
                    catalogue = await self.app.images.catalogue(last.commit)
                    known[last.commit] = {each.names[0]: each for each in indexes(catalogue)}
                first = min((build for build in made.values() if build.plan == last.plan), key=attrgetter("id"))
                self.app.store.ledger.recall(self._index_moves(digest, first, known[last.commit]))

    def _index_moves(self, digest: str, first: Build, known: Mapping[str, Index]) -> list[Move]:
        rows = self.names[digest]
        cause: Cause = (rows[0].pushed_at, "index", first.reason, first.pull or None)
        moves = [Move(row.repository, row.tag, "", digest, *cause, dated=True) for row in rows]
        index = next((known[stem] for row in rows if (stem := _undated(row)) in known), None)
        names = index.names if index else ()
        return [*moves, *(self._move(name, digest, cause) for name in names if self._there(name))]

    def _hold(self, repositories: Iterable[str]) -> None:
        """Pin the names that lead elsewhere than their last build: nothing else is left of a rollback."""
        for repository in repositories:
            last, pins = self.app.store.ledger.last(repository), self.app.store.ledger.pins
            pinned = pins.of(repository)
            rows = [
                row
                for row in self.app.store.ledger.of(repository)
                if row.origin == "pushed" and row.tag not in pinned and last.get(row.tag, row.digest) != row.digest
            ]
            pins.add(Pin(row.repository, row.tag, row.digest, self.app.now(), HELD) for row in rows)
            self.found.held += [row.reference for row in rows]


async def asked(app: App, drawings: Drawings, names: Collection[str]) -> Mapping[str, Build]:
    """Return name → the row that the commit's pull request planned, with what of *names* had to be made first for it."""
    pulls = app.store.pulls("merged")
    record = next((pull for pull in pulls if pull.merge_commit == drawings.commit), None)
    if record is None:
        return {}
    touched = await changes.touched_images(app, record.number)
    planned = BuildPlanned(record.source, record.number, drawings.commit)
    rows = planning.rows(drawings.catalogue, touched.images, 0, planned, date.min)
    queue = {row.name: row for row in rows}
    while True:
        await drawings.read(app, {row.dockerfile for row in queue.values() if row.kind == "build"})
        users = {base: row for row in queue.values() for base in needs_of(drawings, row)}
        first = {base: row for base, row in users.items() if base not in queue and base in names}
        if not first:
            return queue
        queue |= {base: missing(base, row, drawings) for base, row in first.items()}


def by_hand(drawings: Drawings, name: str) -> Build:
    """Return the row of an image that no pull request of ours planned."""
    touched = [builds.Touched(drawings.by_name[name], "")]
    planned = BuildPlanned(planning.BY_HAND, 0, drawings.commit)
    [row] = planning.rows(drawings.catalogue, touched, 0, planned, date.min)
    return row


def _by_commit(images: Iterable[Image]) -> Mapping[str, list[Image]]:
    """Commit → the images that were made from it; both the oldest first."""
    found: dict[str, list[Image]] = {}
    for image in images:
        found.setdefault(image.facts.labels.get(REVISION, ""), []).append(image)
    return found


def _undated(row: Published) -> str:
    """The whole name that a dated name is of."""
    return row.reference.rpartition("-")[0]


def _plan(build: Build) -> tuple[int, str]:
    """What is one plan: a pull request, or what a person asked for on one day."""
    return build.pull, "" if build.pull else build.dated
