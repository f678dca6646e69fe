"""``/images?name=``: what a name of the scheme leads to, all that is known of it, and its Dockerfile."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from starlette.requests import Request
from starlette.responses import Response

from generator.explain import because
from generator.resolve import Resolver
from state.store import Pin, PullRecord, Store
from state.store.contents import Shift
from watcher import history
from watcher.app import App
from watcher.changes import sides
from watcher.family import Answer, answer
from watcher.history import History, Step
from watcher.web.pages.moves import shift
from watcher.web.site import Site
from watcher.web.view import show

_LONGEST_NAME = 300
_LOOK_BACK = 20
_STEPS = 30


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of a Dockerfile, and whether the last change of it brought it."""

    number: int
    text: str
    new: bool


@dataclass(frozen=True, slots=True)
class Dockerfile:
    """The file as it is, and the pull request that changed it last, if we remember one."""

    path: str
    lines: Sequence[TextLine]
    pull: PullRecord | None


@dataclass(frozen=True, slots=True)
class ImagePage:
    """What is known of a name. ``because`` are the sentences that say why the image is there.

    ``past`` is what the name led to, newest first; ``pin`` keeps it where it is. ``changed``: by the two digests of a step the
    packages that changed, where they are known.
    """

    answer: Answer
    tags: Sequence[str]
    because: Sequence[str]
    dockerfile: Dockerfile | None
    past: Sequence[Step] = ()
    pin: Pin | None = None
    changed: Mapping[tuple[str, str], Sequence[Shift]] = field(default_factory=dict)

    def shifts(self, step: Step) -> Sequence[Shift] | None:
        """In which packages that step changed what the name leads to; None where that is not known."""
        return self.changed.get((step.before, step.digest))


async def page(site: Site, request: Request) -> Response:
    """Show the search, and what was found."""
    name = request.query_params.get("name", "").strip()[:_LONGEST_NAME]
    device = request.query_params.get("device", "").strip()[:_LONGEST_NAME] or None
    found, wrong = None, ""
    if name:
        head, resolver = await site.resolver()
        try:
            found = await read(site.app, resolver, head, name, device)
        except LookupError as error:
            wrong = str(error.args[0]) if error.args else "no such name"
    status = 404 if wrong or (found and not found.answer.exists) else 200
    context = {"name": name, "device": device or "", "found": found, "wrong": wrong, "shift": shift}
    return await show(request, site, "image.html", status=status, **context)


async def read(app: App, resolver: Resolver, head: str, name: str, device: str | None) -> ImagePage:
    """Resolve *name* and gather what memory and git know of it; LookupError where it is no name at all."""
    found = await asyncio.to_thread(answer, resolver, app.store, name, device)
    image, past = found.resolved.image, await asyncio.to_thread(_past, resolver, app.store, name)
    if image is None:  # an index, a name that moves no more, or nothing
        return ImagePage(found, found.resolved.names, (), None, past.steps[:_STEPS], past.pin)
    tags, reasons = resolver.names.tags(image), list(because(resolver.catalogue, image))
    file = await dockerfile(app, head, image.dockerfile, image.stack or image.distro)
    steps = past.steps[:_STEPS]
    pairs = {(step.before, step.digest) for step in steps if step.before}
    changed = await asyncio.to_thread(app.store.builds.contents.shifts, pairs) if pairs else {}
    return ImagePage(found, tags, reasons, file, steps, past.pin, changed)


def _past(resolver: Resolver, store: Store, name: str) -> History:
    """What the name led to, which is nothing where it was never published."""
    try:
        return history.tell(resolver, store, name)
    except LookupError:
        return History(name, None, None, ())


async def dockerfile(app: App, head: str, path: str, about: str) -> Dockerfile | None:
    """The file at *path*, its lines marked by the newest merged pull request that touched it.

    Those of the source that the image is *about* are looked at first: it is nearly always one of them.
    """
    text = (await app.repository.read(head, [path])).get(path)
    if text is None:
        return None
    merged = await asyncio.to_thread(app.store.pages.pulls, _LOOK_BACK, "merged")
    for pull in sorted(merged, key=lambda pull: pull.source != about):
        old, new = [await app.repository.read(commit, [path]) for commit in await sides(app, pull)]
        if old.get(path) != new.get(path):
            before = old.get(path, b"").decode("utf-8", "replace") if path in old else None
            return Dockerfile(path, marked(before, text.decode("utf-8", "replace")), pull)
    return Dockerfile(path, marked(None, text.decode("utf-8", "replace")), None)


def marked(before: str | None, text: str) -> list[TextLine]:
    """The lines of *text*, those marked that *before* (None: there was no such file) does not have there."""
    lines, old = text.splitlines(), None if before is None else before.splitlines()
    new = set()
    if old is not None:
        for verb, _, _, start, end in SequenceMatcher(None, old, lines, autojunk=False).get_opcodes():
            new |= set(range(start, end)) if verb in ("replace", "insert") else set()
    return [TextLine(number + 1, line, number in new) for number, line in enumerate(lines)]
