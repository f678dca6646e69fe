"""``/changes``: pull requests as a maintainer reads them; on the embedded forge with the buttons that decide."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from state.errors import ForgeError, GitError
from state.model import PullRequest
from state.store import PullRecord
from state.store.inbox import Kind, Wanted, Wish
from watcher.app import App
from watcher.changes import sides, touched
from watcher.web.forms import whole
from watcher.web.prose import diff as marked
from watcher.web.site import Site
from watcher.web.view import HEADERS, problem, show

_VERBS: Mapping[str, tuple[str, ...]] = {"open": ("merge", "close"), "closed": ("reopen",), "merged": ()}
_DECISIONS = frozenset({"merge", "close", "reopen"})
_BIGGEST = 2**31 - 1
_MOST_FILES = 60
_DECIDED = 60
_LONGEST_DIFF = 400_000


@dataclass(frozen=True, slots=True)
class Change:
    """A pull request, what the forge says of it now, and its files: folder → how many below it.

    ``away`` says why the forge could not be asked: then all is as it was remembered, and body and files are missing.
    """

    record: PullRecord
    pull: PullRequest
    files: Sequence[str]
    folders: Mapping[str, int]
    verbs: Sequence[str]
    wish: Wish | None
    away: str

    @property
    def shown(self) -> Sequence[str]:
        """As many files as one wants to see; the records first, since they are what was decided."""
        ordered = sorted(self.files, key=lambda path: (not path.startswith("catalogue/"), path))
        return ordered[:_MOST_FILES]


async def read(site: Site, record: PullRecord, asked: int | None = None) -> Change:
    """Ask forge and git for the page; *asked* is the number of the wish that somebody waits for."""
    try:
        pull = await site.app.forge.pull(record.number)
        files, away = await site.files(record, pull.head), ""
    except (ForgeError, GitError) as error:  # a process that only serves pages need not reach either
        pull, files, away = _remembered(record), [], str(error)
    wish = await asyncio.to_thread(_wish, site.app, record.number, asked)
    return Change(record, pull, files, folders(files), _VERBS[pull.standing], wish, away)


def _remembered(record: PullRecord) -> PullRequest:
    """What the memory knows of a pull request."""
    return PullRequest(
        record.number, record.branch, record.title, record.url, record.state, record.head, record.merge_commit
    )


def _wish(app: App, number: int, asked: int | None) -> Wish | None:
    """The decision on a pull request that is still to be carried out, or the one that was *asked* for."""
    inbox = app.store.desk.inbox
    waiting = [w for w in inbox.open() if w.wanted.kind in _DECISIONS and w.wanted.argument == str(number)]
    found = waiting[-1] if waiting else inbox.find(asked) if asked is not None else None
    return found if found and found.wanted.argument == str(number) else None


def folders(files: Sequence[str]) -> Mapping[str, int]:
    """How many files there are below each folder of two levels, most first."""
    return dict(Counter("/".join(path.split("/")[:-1][:2]) or "." for path in files).most_common())


async def listing(site: Site, request: Request) -> Response:
    """Show all pull requests: open ones, and the newest of those that were decided."""
    store = site.app.store
    opened = await asyncio.to_thread(store.pulls, "open")
    newest = await asyncio.to_thread(store.pages.pulls, _DECIDED + len(opened))
    decided = [pull for pull in newest if pull.state != "open"][:_DECIDED]
    return await show(request, site, "changes.html", opened=opened, decided=decided, most=_DECIDED)


async def page(site: Site, request: Request) -> Response:
    """Show one."""
    record = await _record(site, request)
    if record is None:
        return await _unknown(site, request)
    found = await read(site, record, whole(request.query_params.get("wish", "")))
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
    entire = len(text) <= _LONGEST_DIFF
    shown = await asyncio.to_thread(marked, text if entire else text[: text.rindex("\n", 0, _LONGEST_DIFF)])
    return await show(request, site, "diff.html", record=record, file=path, diff=shown, whole=entire)


async def decide(site: Site, request: Request, form: Mapping[str, str]) -> Response:
    """Note what a maintainer decided, of the state that he saw; the process that may carries it out."""
    record, verb = await _record(site, request), request.path_params["verb"]
    if record is None:
        return await _unknown(site, request)
    app = site.app
    pull = await app.forge.pull(record.number)
    if verb not in _VERBS[pull.standing] or app.config.settings.forge.kind != "embedded":
        told = f"#{record.number} is {pull.standing}: it cannot be decided like that from here."
        return await problem(request, site, 409, "Not done", told)
    if form.get("head") != pull.head:
        told = f"#{record.number} was brought up to something newer since you looked at it. Read it again first."
        return await problem(request, site, 409, "Not done", told)
    wanted = Wanted(cast("Kind", verb), str(record.number), request.state.viewer.name)
    number = await asyncio.to_thread(app.store.desk.inbox.wish, wanted, app.now())
    site.wake()
    return RedirectResponse(f"/changes/{record.number}?wish={number}", 303, dict(HEADERS))


async def _record(site: Site, request: Request) -> PullRecord | None:
    number = request.path_params["number"]
    return await asyncio.to_thread(site.app.store.pull, number) if number <= _BIGGEST else None


async def _unknown(site: Site, request: Request) -> Response:
    told = f"No pull request of ours has the number {request.path_params['number']}."
    return await problem(request, site, 404, "No such change", told)
