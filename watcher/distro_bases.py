"""The base images of a distro's lines: what their registries say of them now."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from sources.registry import Reference, Registries
from state.errors import FetchError, NotPublished
from state.events import FeedFailed
from watcher.app import App

_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Bases:
    """Reference → digest of those that were seen; ``missing`` are those that their registry does not have, and why.

    ``failed`` names each registry that could not be asked once: its images stay as they are recorded.
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    failed: tuple[FeedFailed, ...] = ()


async def look(app: App, source: str, references: Collection[str]) -> Bases:
    """Ask for all *references* at once; those that name no registry are our own and are left out."""
    named = {text: found for text in dict.fromkeys(references) if (found := Reference.parse(text))}
    if not app.config.settings.registries.pin:
        return Bases()
    asking = _Asking(Registries(app.feeds(source)))
    answers = await asyncio.gather(*(asking.digest(each) for each in named.values()))
    told = dict(zip(named, answers, strict=True))
    failed: dict[str, FeedFailed] = {}
    for text, answer in told.items():
        if isinstance(answer, FetchError) and not isinstance(answer, NotPublished):
            failed.setdefault(named[text].registry, FeedFailed(source, answer.url, answer.field, answer.problem))
    return Bases(
        {text: answer for text, answer in told.items() if isinstance(answer, str)},
        {text: answer.problem for text, answer in told.items() if isinstance(answer, NotPublished)},
        tuple(failed.values()),
    )


class _Asking:
    """Asks registries; one that cannot be asked is not asked for the rest."""

    def __init__(self, registries: Registries) -> None:
        self._registries, self._turn = registries, asyncio.Semaphore(_AT_ONCE)
        self._down: dict[str, FetchError] = {}

    async def digest(self, reference: Reference) -> str | FetchError:
        """Return the digest, or what is the matter."""
        async with self._turn:
            if reference.registry in self._down:
                return self._down[reference.registry]
            try:
                return await self._registries.digest(reference)
            except NotPublished as error:
                return error
            except FetchError as error:
                return self._down.setdefault(reference.registry, error)
