"""``/changes``: pull requests as a maintainer reads them; on the embedded forge with the buttons that decide."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from state.model import PullRequest
from state.store import PullRecord
from watcher.app import App
from watcher.changes import sides, touched
from watcher.web.prose import diff as marked
from watcher.web.site import Site
from watcher.web.view import HEADERS, problem, show

_VERBS: Mapping[str, tuple[str, ...]] = {"open": ("merge", "close"), "closed": ("reopen",), "merged": ()}
_BIGGEST = 2**31 - 1
_MOST_FILES = 60
_LONGEST_DIFF = 400_000


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request, what the forge says of it now, and its files: folder → how many below it."""

    record: PullRecord
    pull: PullRequest
    files: Sequence[str]
    folders: Mapping[str, int]
    verbs: Sequence[str]

    @property
    def shown(self) -> Sequence[str]:
        """As many files as one wants to see; the records first, since they are what was decided."""
        ordered = sorted(self.files, key=lambda path: (not path.startswith("catalogue/"), path))
        return ordered[:_MOST_FILES]


async def read(app: App, record: PullRecord) -> Change:
    """Ask forge and git for the page."""
    pull, files = await app.forge.pull(record.number), await touched(app, record)
    return Change(record, pull, files, folders(files), _VERBS[pull.standing])


def folders(files: Sequence[str]) -> Mapping[str, int]:
    """How many files there are below each folder of two levels, most first."""
    return dict(Counter("/".join(path.split("/")[:-1][:2]) or "." for path in files).most_common())


async def listing(site: Site, request: Request) -> Response:
    """Show all pull requests: open ones, and the newest of those that were decided."""
    found = await asyncio.to_thread(site.app.store.pulls)
    opened = [pull for pull in found if pull.state == "open"]
    decided = [pull for pull in found if pull.state != "open"]
    return await show(request, site, "changes.html", opened=opened, decided=decided[:100], more=len(decided) - 100)


async def page(site: Site, request: Request) -> Response:
    """Show one."""
    record = await _record(site, request)
    if record is None:
        return await _unknown(site, request)
    found = await read(site.app, record)
    embedded = site.app.config.settings.forge.kind == "embedded"
    return await show(request, site, "change.html", found=found, embedded=embedded)


async def diff(site: Site, request: Request) -> Response:
    """Show its diff, of one file with ``?path=``."""
    record = await _record(site, request)
    if record is None:
        return await _unknown(site, request)
    app = site.app
    path = request.query_params.get("path", "")
    if path and path not in await touched(app, record):
        return await problem(request, site, 404, "Not in this change", f"#{record.number} does not touch {path}.")
    text = await app.repository.diff(*await sides(app, record), [path] if path else [])
    whole = len(text) <= _LONGEST_DIFF
    shown = await asyncio.to_thread(marked, text if whole else text[: text.rindex("\n", 0, _LONGEST_DIFF)])
    return await show(request, site, "diff.html", record=record, file=path, diff=shown, whole=whole)


async def decide(site: Site, request: Request, form: Mapping[str, str]) -> Response:
    """Carry out what a maintainer decided, of the state that he saw."""
    record, verb = await _record(site, request), request.path_params["verb"]
    if record is None:
        return await _unknown(site, request)
    pull = await site.app.forge.pull(record.number)
    if site.decide is None or verb not in _VERBS[pull.standing]:
        told = f"#{record.number} is {pull.standing}: it cannot be decided like that from here."
        return await problem(request, site, 409, "Not done", told)
    if form.get("head") != pull.head:
        told = f"#{record.number} was brought up to something newer since you looked at it. Read it again first."
        return await problem(request, site, 409, "Not done", told)
    await site.decide(verb, record.number)
    return RedirectResponse(f"/changes/{record.number}", 303, dict(HEADERS))


async def _record(site: Site, request: Request) -> PullRecord | None:
    number = request.path_params["number"]
    return await asyncio.to_thread(site.app.store.pull, number) if number <= _BIGGEST else None


async def _unknown(site: Site, request: Request) -> Response:
    told = f"No pull request of ours has the number {request.path_params['number']}."
    return await problem(request, site, 404, "No such change", told)
