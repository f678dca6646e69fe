"""The indexes over all architectures: of images that have their names now, and those that waited long enough for one.

Nothing of it is kept: what is missing follows from the queue of builds, since when from the history of names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from operator import attrgetter

from generator.builds import ordered
from generator.names import canonical
from state.errors import RegistryError
from state.model import Build
from watcher import membership
from watcher.app import App
from watcher.build_report import Report
from watcher.drawings import Drawings
from watcher.foresight import Foresight
from watcher.indexing import Cause, touched, write_indexes
from watcher.works import Works


async def gather(app: App, works: Works, head: Drawings, members: Sequence[Build], report: Report) -> None:
    """Write the indexes over *members*, images of architectures that have just got their names, plan by plan."""
    if not members:
        return
    just_named = {build.id for build in members}
    queued = {build.name for build in app.store.builds.open() if build.id not in just_named}
    late = await _late(app, head, {build.name for build in members}, queued)
    plans: dict[int, list[Build]] = {}
    for build in members:
        plans.setdefault(build.plan, []).append(build)
    for some in plans.values():
        first = min(some, key=attrgetter("id"))  # in the order of the plan: that of naming is chance
        cause = Cause(first.day, note=first.reason, pull=first.pull or None)
        names = {build.name for build in some}
        try:
            report.indexes += await write_indexes(app, works.registry, head.catalogue, names, cause, late)
        except RegistryError as error:
            report.unnamed("indexes", error)
            continue
        app.store.builds.save(replace(build, state="tagged") for build in some)


async def go_on(app: App, report: Report) -> None:
    """Let names that waited long enough for an architecture go on without it."""
    over = await overdue(app)
    if not over:
        return
    head = await Drawings.at(app, await app.images.head())
    late = await _late(app, head, set(), _queued(app))
    async with app.works(head.namespace) as works:
        try:
            found = await write_indexes(app, works.registry, head.catalogue, over, Cause(app.now().date()), late)
        except RegistryError as error:
            report.unnamed("indexes", error)
        else:
            report.indexes += found


async def overdue(app: App) -> set[str]:
    """Return the images (canonical names) that failed, and for which a name of an index waits no longer."""
    failed = {build.name for build in app.store.builds.open() if build.state in ("failed", "blocked")}
    if not failed:
        return set()
    catalogue = await app.images.catalogue(await app.images.head())
    queued = _queued(app)
    rolls = [membership.call(app, catalogue, each, queued) for each in touched(catalogue, failed)]
    return {name for roll in rolls if membership.is_overdue(app, roll) for name in roll.missing}


def _queued(app: App) -> set[str]:
    return {build.name for build in app.store.builds.open()}


async def _late(app: App, head: Drawings, named: set[str], queued: set[str]) -> set[str]:
    """What may not be in an index beside *named*: what is in the queue, and what would be made anew."""
    return queued | (await outdated(app, head, named | queued) - named)


async def outdated(app: App, head: Drawings, names: set[str]) -> set[str]:
    """Return what would be made anew of the indexes that have one of *names* as a member, and of what those stand on.

    It may be in nobody's plan: one architecture was built by hand after a change to all of them.
    """
    chosen = {image for each in touched(head.catalogue, names) for image in each.members}
    stood = set(chosen)
    while stood:
        stood = {base for image in stood if (base := head.by_name.get(image.base))} - chosen
        chosen |= stood
    images = ordered(image for image in head.images.values() if image in chosen)
    await head.read(app, {image.dockerfile for image in images})
    seer = Foresight.on(app, head, images)
    return {canonical(head.catalogue, image) for image in images if seer.outdated(image)}
