"""What the API answers: the reading commands' own documents, one endpoint for each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from generator.resolve import Resolver
from state.model import Build, BuildState
from state.store import Entry, PullRecord
from watcher import explaining, family, history, known
from watcher.cells import FILTERS, cells
from watcher.changes import touched
from watcher.web import shapes
from watcher.web.site import Site

_PAGE, _MOST = 50, 1000
_CELLS = 100_000


class Missing(LookupError):
    """There is no such thing: 404."""


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter. ``kind`` is how its text is read; ``most`` bounds a number, which is at least 1."""

    name: str
    what: str
    kind: Literal["text", "number", "flag"] = "text"
    where: Literal["query", "path"] = "query"
    required: bool = False
    default: Any = None
    most: int = _MOST


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One path below ``/api/v1``: what it tells, of which shape, and who answers."""

    path: str
    what: str
    shape: shapes.Shape
    answer: Callable[[Site, Mapping[str, Any]], Awaitable[Any]]
    params: Sequence[Param] = field(default=())


_SOURCE = Param("source", "A source's name.", where="path", required=True)
_NAME = Param("name", "Any reference: balenalib/raspberrypi3-node:22, rpi-debian:bookworm-build.", required=True)
_ROW = Param("number", "Its number.", "number", "path", required=True, most=2**63 - 1)
_DEVICE = Param("device", "What %%BALENA_MACHINE_NAME%% and %%BALENA_ARCH%% stand for.")


async def _status(site: Site, _: Mapping[str, Any]) -> Any:
    return {**await asyncio.to_thread(known.status, site.app), "indexes": await site.indexes()}


async def _releases(site: Site, given: Mapping[str, Any]) -> Any:
    if given["source"] not in site.app.sources:
        raise Missing(f"no source {given['source']!r}; there are: {', '.join(site.app.sources)}")
    return (await known.releases(site.app, given["source"], every=given["all"])).document()


async def _pulls(site: Site, given: Mapping[str, Any]) -> Any:
    found: list[PullRecord] = await asyncio.to_thread(site.app.store.pulls, given["state"])
    return [pull.document() for pull in found]


async def _pull(site: Site, given: Mapping[str, Any]) -> Any:
    record = await asyncio.to_thread(site.app.store.pull, given["number"])
    if record is None:
        raise Missing(f"no pull request #{given['number']} of ours")
    pull = await site.app.forge.pull(record.number)
    files = await touched(site.app, record)
    return record.document() | {"body": pull.body, "files": files, "labels": list(pull.labels)}


async def _events(site: Site, given: Mapping[str, Any]) -> Any:
    found: list[Entry] = await asyncio.to_thread(site.app.store.events, given["limit"], given["source"])
    return [entry.document() for entry in found]


async def _explain(site: Site, given: Mapping[str, Any]) -> Any:
    found = await asyncio.to_thread(explaining.explain, site.app, given["number"])
    if found is None:
        raise Missing(f"no event {given['number']}")
    return found.document()


async def _builds(site: Site, given: Mapping[str, Any]) -> Any:
    wanted = [state for state in get_args(BuildState) if state == given["state"]]
    if given["state"] and not wanted:
        raise ValueError(f"state: one of {', '.join(get_args(BuildState))}")
    found: list[Build] = await asyncio.to_thread(site.app.store.builds.newest, given["limit"], wanted)
    return [build.document() for build in found]


async def _build(site: Site, given: Mapping[str, Any]) -> Any:
    found = await asyncio.to_thread(known.build, site.app, given["number"])
    if found is None:
        raise Missing(f"no build {given['number']}")
    return found


async def _describe(site: Site, given: Mapping[str, Any]) -> Any:
    try:
        found = await known.repository(site.app, given["repository"])
    except LookupError as error:
        raise Missing(f"{given['repository']}: {error.args[0]}") from error
    if found is None:
        raise Missing(f"nothing is known to have been pushed to {given['repository']}")
    return found.document()


async def _matrix(site: Site, given: Mapping[str, Any]) -> Any:
    _, resolver = await site.resolver()
    filters = {name: given[name] for name in FILTERS}
    found = await asyncio.to_thread(cells, resolver.catalogue, filters, site.app.store, devices=not given["arch_only"])
    first = given["page"] * given["limit"] - given["limit"]
    return [cell.document() for cell in found[first : first + given["limit"]]]


async def _resolve(site: Site, given: Mapping[str, Any]) -> Any:
    return (await _answer(site, given))[1].document()


async def _tags(site: Site, given: Mapping[str, Any]) -> Any:
    resolver, found = await _answer(site, given)
    names = family.names(resolver, found)
    if not names:
        raise Missing(f"no such image: {found.reason}")
    return names


async def _history(site: Site, given: Mapping[str, Any]) -> Any:
    _, resolver = await site.resolver()
    try:
        return (await asyncio.to_thread(history.tell, resolver, site.app.store, given["name"])).document()
    except LookupError as error:
        raise Missing(*error.args) from error


async def _answer(site: Site, given: Mapping[str, Any]) -> tuple[Resolver, family.Answer]:
    _, resolver = await site.resolver()
    found = await asyncio.to_thread(family.answer, resolver, site.app.store, given["name"], given["device"])
    return resolver, found


ENDPOINTS: Sequence[Endpoint] = (
    Endpoint("/status", "Each source's last good poll, newest versions, what is held, failing, open.",
             shapes.STATUS, _status),
    Endpoint("/releases/{source}", "What is known of a source's releases, newest first.", shapes.every(shapes.RELEASE), _releases,
             (_SOURCE, Param("all", "Also lines that upstream no longer supports.", "flag", default=False))),
    Endpoint("/pulls", "The pull requests as last seen, newest first.", shapes.every(shapes.PULL), _pulls,
             (Param("state", "open, merged or closed; without: all."),)),
    Endpoint("/pulls/{number}", "One as a maintainer reads it: body, files, labels.", shapes.PULL_SHOWN, _pull,
             (Param("number", "Its number.", "number", "path", required=True, most=2**31),)),
    Endpoint("/events", "What happened, newest last.", shapes.every(shapes.EVENT), _events,
             (Param("limit", "How many of the newest.", "number", default=_PAGE), Param("source", "Only those of one source."))),
    Endpoint("/events/{number}", "What one means, what led to it and what came of it.", shapes.EXPLAINED, _explain, (_ROW,)),
    Endpoint("/builds", "What was made and is to be made, newest first.", shapes.every(shapes.BUILD), _builds,
             (Param("limit", "How many of the newest.", "number", default=_PAGE), Param("state", "Only those in that state."))),
    Endpoint("/builds/{number}", "All that is known of one.", shapes.BUILD_SHOWN, _build, (_ROW,)),
    Endpoint("/describe", "A repository's description for its registry, as Markdown, with the tags that were pushed.", shapes.DESCRIPTION, _describe,
             (Param("repository", "balenalib/raspberrypi3-node, or without the namespace.", required=True),)),
    Endpoint("/matrix", "Every cell of the family, present or absent with its reason.", shapes.every(shapes.CELL), _matrix,
             (*(Param(name, f"Only this {name.replace('_', ' ')}.") for name in FILTERS),
              Param("arch_only", "Architectures only, no devices.", "flag", default=False),
              Param("limit", "Cells of a page.", "number", default=_MOST, most=_CELLS),
              Param("page", "Which page.", "number", default=1, most=_CELLS))),
    Endpoint("/resolve", "What a name leads to.", shapes.ANSWER, _resolve, (_NAME, _DEVICE)),
    Endpoint("/tags", "Every name of one image.", shapes.every(shapes.TEXT), _tags, (_NAME, _DEVICE)),
    Endpoint("/history", "Where a name leads and led.", shapes.HISTORY, _history, (_NAME,)),
)  # fmt: skip
"""Every endpoint, in the order of the description."""
