"""From what is to be made to rows in the queue of builds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from generator import builds, matrix
from generator.builds import BuildStep, Touched
from generator.names import canonical
from generator.resolve import Resolver
from generator.rows import Catalogue
from state.errors import BuildError
from state.events import BuildPlanned
from state.model import Build, Image
from state.store import Recorded
from watcher import changes, shared
from watcher.app import App
from watcher.drawings import Drawings
from watcher.footing import missing, needs_of
from watcher.foresight import Foresight

BY_HAND = "build"
"""What the journal calls the source of a plan that a person asked for by names."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Images that are to be made, in build order, from one commit of the images repository."""

    commit: str
    images: Sequence[Touched]
    day: date
    pull: int = 0
    blocked: str = ""


async def queue(recorded: Recorded, planned: BuildPlanned, app: App) -> int:
    """Put into the queue what a plan of a merged change makes; return how many images are new in it."""
    found = await changes.touched_images(app, planned.pull)
    day = date.fromisoformat(planned.day) if planned.day else recorded.at.date()
    catalogue = await app.images.catalogue(found.commit)
    named = await shared.rows(app, recorded.id, found.commit, planned.pull)
    return app.store.builds.add(_with(rows(catalogue, found.images, recorded.id, planned, day), named))


def _with(made: Sequence[Build], named: Sequence[Build]) -> list[Build]:
    """What is to be made, and what is only to be named and is not made anew."""
    names = {build.name for build in made}
    return [*made, *(build for build in named if build.name not in names)]


async def of_pull(app: App, number: int) -> Wanted:
    """Return what pull request *number* makes, or made."""
    found = await changes.touched_images(app, number)
    return Wanted(found.commit, found.images, changes.day_of(app, number), number, found.blocked)


async def by_names(app: App, names: Collection[str]) -> Wanted:
    """Return the images that *names* lead to, and all that stand on those.

    :raises LookupError: a name leads nowhere; the message names the nearest
    """
    commit, catalogue = await _head(app)
    resolver = Resolver(catalogue)
    chosen: dict[Image, str] = {}
    for name in names:
        found = resolver.resolve(name)
        if found.image is None:
            near = f" (perhaps {', '.join(found.suggestions)})" if found.suggestions else ""
            raise LookupError(f"{name}: {found.reason or 'no such image'}{near}")
        chosen[found.image] = "asked for by name"
    return Wanted(commit, builds.below(catalogue, lambda image: chosen.get(image, "")), app.now().date())


async def by_source(app: App, source: str) -> Wanted:
    """Return the images of every stack, or of the distro, that *source* brings, and all that stand on those."""
    commit, catalogue = await _head(app)
    stacks = {name for name, row in catalogue.stacks.items() if row.source == source}

    def why(image: Image) -> str:
        mine = image.stack in stacks if stacks else image.distro == source
        return f"{source}: asked for" if mine else ""

    return Wanted(commit, builds.below(catalogue, why), app.now().date())


async def stale(app: App) -> Wanted:
    """Return every image that is not in the registry as the catalogue has it, as far as we know."""
    commit, catalogue = await _head(app)
    images = matrix.images(catalogue)
    seer = await Foresight.of(app, commit, images)
    found = [
        Touched(image, "not in the registry yet" if canonical(catalogue, image) not in seer.made else "what it is made of changed")
        for image in builds.ordered(images)
        if not seer.up_to_date(image)
    ]  # fmt: skip
    return Wanted(commit, found, app.now().date())


async def steps(app: App, wanted: Wanted) -> list[BuildStep]:
    """Return what making *wanted* means, with all names: what was made of the same before is ``cached``.

    What it stands on and nobody made is among them, as a run puts that into the queue before it.
    """
    drawings = await Drawings.at(app, wanted.commit)
    images = builds.in_order([*await _below(app, wanted, drawings), *wanted.images])
    kind = Foresight.on(app, drawings, [each.image for each in images]).kind
    return [builds.step(drawings.names, each, wanted.day, kind(each.image)) for each in images]


async def _below(app: App, wanted: Wanted, drawings: Drawings) -> list[Touched]:
    """Return what *wanted* stands on and neither has nor we made, each after what it stands on; its Dockerfiles are read."""
    planned = BuildPlanned(BY_HAND, wanted.pull, wanted.commit, {}, wanted.day.isoformat())
    users = rows(drawings.catalogue, wanted.images, 0, planned, wanted.day)
    seen, found = {user.name for user in users}, list[Touched]()
    while users:
        await drawings.read(app, {user.dockerfile for user in users if user.kind == "build"})
        outside = {name: user for user in users for name in needs_of(drawings, user) if name not in seen}
        seen |= outside.keys()
        made = app.store.builds.made(outside)
        users = [missing(name, user, drawings) for name, user in outside.items() if name not in made]
        found += [Touched(drawings.images[user.place], user.reason) for user in users]
    return found[::-1]


async def ask(app: App, wanted: Wanted) -> int:
    """Queue what a person asked for, and return the number of its plan; what failed of it before is tried anew.

    :raises BuildError: its pull request is not merged, or lacks a label
    """
    planned = await _event(app, wanted)
    recorded = app.store.build_planned(wanted.pull) if wanted.pull else None
    if recorded is None:
        [recorded] = app.store.record([planned], app.now())
        app.store.finish(recorded, [], app.now())
    catalogue = await app.images.catalogue(wanted.commit)
    named = await shared.rows(app, recorded.id, wanted.commit, wanted.pull) if wanted.pull else []
    app.store.builds.add(_with(rows(catalogue, wanted.images, recorded.id, planned, wanted.day), named))
    again = [build for build in app.store.builds.of(recorded.id) if build.state in ("failed", "blocked", "waiting")]
    app.store.builds.save(
        replace(build, state="waiting", failures=0, next_try=None, step="", error="") for build in again
    )
    return recorded.id


async def _event(app: App, wanted: Wanted) -> BuildPlanned:
    counts = dict(Counter[str](builds.kind_of(each.image) for each in wanted.images))
    source = BY_HAND
    if wanted.pull:
        record = app.store.pull(wanted.pull)
        if record is None or record.state != "merged":
            raise BuildError(f"#{wanted.pull} is not merged: --dry-run shows what it will build")
        source = record.source
    return BuildPlanned(source, wanted.pull, wanted.commit, counts, wanted.day.isoformat())


async def _head(app: App) -> tuple[str, Catalogue]:
    commit = await app.images.head()
    return commit, await app.images.catalogue(commit)


def rows(catalogue: Catalogue, images: Iterable[Touched], plan: int, planned: BuildPlanned, day: date) -> list[Build]:
    """Return the rows of a plan, in build order."""
    return [
        Build(
            plan=plan,
            pull=planned.pull,
            commit=planned.commit,
            source=planned.source,
            name=canonical(catalogue, each.image),
            kind="relabel" if each.image.is_device else "build",
            platform=each.image.arch.oci,
            hw=each.image.hw,
            dockerfile=each.image.dockerfile,
            base=each.image.base,
            day=day,
            reason=each.reason,
        )
        for each in images
    ]
