"""What a source answers when it is asked for files: those that are there, and a reason for each that is not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from state.errors import SourceError
from state.model import Artifact, Checksum, Offer, Platform


def offer(
    source: str,
    wanted: Collection[Platform],
    found: Mapping[Platform, Artifact],
    reason: Callable[[Platform], str],
    away: tuple[str, ...] = (),
) -> Offer:
    """Return what was *found* of the *wanted* platforms, in their order, and the *reason* for each other one.

    :raises SourceError: two files have one digest
    """
    refuse_twins(source, found.values())
    there = tuple(found[p] for p in wanted if p in found)
    return Offer(there, tuple((p, reason(p)) for p in wanted if p not in found), away)


def refuse_twins(source: str, artifacts: Iterable[Artifact]) -> None:
    """Refuse two files with one digest: one of them carries the other's by mistake."""
    seen: dict[Checksum, Artifact] = {}
    for artifact in artifacts:
        twin = seen.setdefault(artifact.checksum, artifact)
        if twin.url != artifact.url:
            raise SourceError(source, artifact.url, "", f"has the same digest as {twin.url}")
