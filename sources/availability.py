"""Is it really there: what a release promises is looked at before anything is proposed.

A digest that upstream signed needs the file to be present. One that nobody signed is worth no more than
the file: that is downloaded and compared once, in the background.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

from sources.source import Fetch
from state.errors import FetchError, NotPublished, SourceError
from state.model import Artifact, Checksum, Offer, Platform


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An offer that was looked at: what may be proposed, what upstream lacks and why, what is to be compared."""

    ready: tuple[Artifact, ...]
    missing: tuple[tuple[Platform, str], ...]
    pending: tuple[Artifact, ...]


async def confirm(offer: Offer, fetch: Fetch, known: Collection[tuple[str, Checksum]]) -> Confirmed:
    """Look for every file of *offer*; *known* are the (URL, digest) pairs that :func:`compare` confirmed before.

    A signed one gets its size. A file that cannot be looked at is missing, with the reason: no error leaves here.
    """
    sorted_out = await asyncio.gather(*(_look(a, fetch) for a in offer.artifacts if a.signed))
    compared = tuple(a for a in offer.artifacts if not a.signed and (a.url, a.checksum) in known)
    present = {a.url: a for a in (*(a for a in sorted_out if isinstance(a, Artifact)), *compared)}
    return Confirmed(
        ready=tuple(present[a.url] for a in offer.artifacts if a.url in present),
        missing=offer.missing + tuple(a for a in sorted_out if not isinstance(a, Artifact)),
        pending=tuple(a for a in offer.artifacts if not a.signed and a.url not in present),
    )


async def _look(artifact: Artifact, fetch: Fetch) -> Artifact | tuple[Platform, str]:
    try:
        return replace(artifact, size=await fetch.size(artifact.url))
    except NotPublished:
        return artifact.platform, f"{artifact.url} is listed, but not there yet"
    except FetchError as error:
        return artifact.platform, f"{artifact.url} is listed, but cannot be looked at: {error.problem}"


async def compare(artifact: Artifact, fetch: Fetch) -> Artifact:
    """Download the file and return the artifact with its size.

    :raises NotPublished: it is not there yet
    :raises FetchError: it could not be downloaded
    :raises SourceError: it has another digest than its list says
    """
    checksum, size = await fetch.digest(artifact.url, artifact.checksum.algorithm)
    if checksum != artifact.checksum:
        raise SourceError(fetch.source, artifact.url, "", f"is {checksum}, but its list says {artifact.checksum}")
    return replace(artifact, size=size)
