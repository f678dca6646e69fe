"""The family as it is, for commands that ask about names: the catalogue, and what is known of the registry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from generator.catalogue import load
from generator.index_names import resolve_index
from generator.names import canonical
from generator.resolve import Resolved, Resolver
from generator.rows import Catalogue, Ended
from state.model import Release
from state.store import Published, Store
from watcher.app import App
from watcher.reach import unreachable


def checkout(folder: Path) -> Catalogue | None:
    """Return the catalogue of a checkout of the images repository, or None if *folder* is none.

    :raises CatalogueError: it says something impossible
    """
    if not (folder / "catalogue" / "family.toml").is_file():
        return None
    files = [path for path in (folder / "catalogue").rglob("*") if path.is_file()]
    return load({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})


async def main(app: App) -> Catalogue:
    """Return the catalogue of the workspace's images repository, as its default branch is now."""
    await app.repository.fetch()
    return await app.images.catalogue(await app.images.head())


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of a name: what it leads to, and what the ledger says of it.

    ``exists``: the image is in the family, and if a date was asked for, was published on it; or it is a name that no
    longer moves, which was published. ``dated`` are its dated names, newest first. ``away`` says why it cannot be made,
    where an archive cannot be reached.
    """

    resolved: Resolved
    exists: bool
    published: Published | None
    dated: tuple[Published, ...]
    frozen_since: datetime | None
    away: str | None = None

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        found = self.resolved
        return {
            **{name: getattr(found, name) for name in _SHOWN},
            "hw": found.hw or None,
            "alias": found.alias,
            "defaulted": list(found.defaulted),
            "dockerfile": found.image.dockerfile if found.image else None,
            "exists": self.exists,
            "digest": self.published.digest if self.published else None,
            "suggestions": list(found.suggestions),
            "chain": list(found.chain),
            "members": list(found.members),
            "reason": self.reason,
            "dated": [row.reference for row in self.dated],
            "frozen_since": self.frozen_since.isoformat() if self.frozen_since else None,
        }

    @property
    def reason(self) -> str | None:
        """Why there is no such image, or None; of a name that no longer moves, why it does not."""
        if self.away and not self.exists:
            return self.away
        if self.resolved.there and not self.exists:
            return f"no build of {self.resolved.date} is known"
        return self.resolved.reason


def names(resolver: Resolver, found: Answer) -> list[str]:
    """Return every name of the image or index that was found, the canonical one first, dated ones last."""
    image = found.resolved.image
    moving = resolver.names.tags(image) if image else found.resolved.names
    return [*moving, *(row.reference for row in found.dated)]


_SHOWN = (
    "name", "hw", "arch", "distro", "distro_version", "stack", "stack_version", "variant", "date",
)  # fmt: skip


def answer(resolver: Resolver, store: Store | None, text: str, device: str | None = None) -> Answer:
    """Resolve *text* and look it up in the ledger; without a store (a checkout) nothing is known of the registry.

    :raises LookupError: as :meth:`~generator.resolve.Resolver.resolve`
    """
    found = resolve_index(resolver.catalogue, text) or resolver.resolve(text, device)
    undated = found.there and found.date is None
    if store is None:
        return Answer(found, undated, None, (), None)
    whole = canonical(resolver.catalogue, found.image) if found.image else found.name.removesuffix(f"-{found.date}")
    repository, _, tag = whole.rpartition(":")
    published = store.ledger.find(repository, f"{tag}-{found.date}" if found.date else tag)
    away = _away(resolver.catalogue, store, found)
    return Answer(
        resolved=found,
        exists=published is not None or (undated and not away),
        away=away,
        published=published,
        dated=tuple(store.ledger.dated(repository, tag)),
        frozen_since=_frozen_since(store, found),
    )


def _away(catalogue: Catalogue, store: Store, found: Resolved) -> str | None:
    """Why the image that was found cannot be made, if an archive cannot be reached."""
    image = found.image
    return unreachable(catalogue, store).get((image.arch, image.distro, image.distro_version)) if image else None


def _frozen_since(store: Store, found: Resolved) -> datetime | None:
    """Since when the names of a version no longer move: the pull request that brought its line on, or ended it."""
    line = found.passed
    if line is None:
        return None
    merged = [pull for pull in store.pulls("merged") if pull.source == line.source and pull.updated_at]
    for pull in merged:
        over = isinstance(line, Ended) and pull.line == line.line and pull.new is None
        if over or (
            isinstance(line, Release) and line.line in pull.lines and _version(pull.old) == found.stack_version
        ):
            return pull.updated_at
    return None


def _version(text: str | None) -> str:
    """A version as tags write it."""
    return (text or "").replace("+", "_")
