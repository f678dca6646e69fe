"""Indexes over all architectures that stay behind their members, and what each of them waits for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from generator.indexes import Index, indexes
from generator.names import canonical
from generator.rows import Catalogue
from state.model import Build
from watcher import gathering, membership
from watcher.app import App
from watcher.drawings import Drawings


class Missing(TypedDict):
    """A member (its canonical name) without which the index is not written yet; ``command`` is null where none helps."""

    name: str
    why: str
    command: str | None


class HeldIndex(TypedDict):
    """An index (its canonical name); ``until`` is when it goes on without what is missing (ISO 8601), null: never."""

    name: str
    missing: list[Missing]
    until: str | None


async def held_indexes(app: App) -> list[HeldIndex]:
    """Return the indexes of which a member got an image that they have not; the registry is not asked."""
    if not app.store.builds.newest(1):
        return []
    head = await Drawings.at(app, await app.images.head())
    newer = _newer(app, head.catalogue)
    names = {canonical(head.catalogue, member) for each in newer for member in each.members}
    queued = {build.name: build for build in app.store.builds.open()}
    late = await gathering.outdated(app, head, names) if names else set[str]()
    rolls = [membership.call(app, head.catalogue, each, late | queued.keys()) for each in newer]
    return [_told(app, roll, queued, late) for roll in rolls if roll.missing]


def _newer(app: App, catalogue: Catalogue) -> list[Index]:
    """The indexes of which a member was made since they were written."""
    every = list(indexes(catalogue))
    made = app.store.builds.made({canonical(catalogue, member) for each in every for member in each.members})
    found = []
    for each in every:
        names = [canonical(catalogue, member) for member in each.members]
        ends = [at for name in names if name in made and (at := made[name].finished_at)]
        repository, _, tag = each.names[0].partition(":")
        row = app.store.ledger.find(repository, tag) if ends else None
        if ends and (row is None or row.pushed_at < max(ends)):
            found.append(each)
    return found


def _told(app: App, roll: membership.Roll, queued: Mapping[str, Build], late: set[str]) -> HeldIndex:
    until = membership.until(app, roll)
    missing = [_missing(name, queued.get(name), is_late=name in late) for name in roll.missing]
    return {"name": roll.wanted.names[0], "missing": missing, "until": until.isoformat() if until else None}


def _missing(name: str, build: Build | None, *, is_late: bool) -> Missing:
    if build is not None:
        said = build.step or build.error.partition("\n")[0]
        return {"name": name, "why": f"{build.state}: {said}" if said else build.state, "command": None}
    why = "older than the catalogue, and in nobody's plan" if is_late else "was never made"
    return {"name": name, "why": why, "command": f"watcher build {name}"}
