"""From what is to be made to rows in the queue of builds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from generator import builds
from generator.builds import Touched
from generator.names import canonical
from generator.rows import Catalogue
from state.events import BuildPlanned
from state.model import Build
from state.store import Recorded
from watcher import changes
from watcher.app import App


async def queue(recorded: Recorded, planned: BuildPlanned, app: App) -> int:
    """Put into the queue what a plan of a merged change makes; return how many images are new in it."""
    what = await changes.touched_images(app, planned.pull)
    catalogue = await app.images.catalogue(what.commit)
    day = date.fromisoformat(planned.day) if planned.day else recorded.at.date()
    return app.store.builds.add(rows(catalogue, what.images, recorded.id, planned, day))


def rows(catalogue: Catalogue, images: Iterable[Touched], plan: int, planned: BuildPlanned, day: date) -> list[Build]:
    """Return the rows of a plan, in build order."""
    return [
        Build(
            plan=plan,
            pull=planned.pull,
            commit=planned.commit,
            source=planned.source,
            name=canonical(catalogue, each.image),
            kind=builds.kind_of(each.image),
            platform=each.image.arch.oci,
            hw=each.image.hw,
            dockerfile=each.image.dockerfile,
            base=each.image.base,
            day=day,
            reason=each.reason,
        )
        for each in images
    ]
