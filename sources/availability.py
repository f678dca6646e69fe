"""Is it really there: what a release promises is looked at before anything is proposed.

A digest that upstream signed needs the file to be present. One that nobody signed is worth no more than
the file: that is downloaded and compared once, in the background. So is one with a signature of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, replace

from sources import proofs
from sources.signatures import keyring
from sources.source import Fetch
from state.errors import FetchError, NotPublished, SourceError
from state.model import Artifact, Checksum, Offer, Platform


@dataclass(frozen=True, slots=True)
class Confirmed:
    """An offer that was looked at: what may be proposed, what upstream lacks and why, what is to be compared.

    ``away`` says what could not be asked: a network error is no proof that a file is not there.
    """

    ready: tuple[Artifact, ...]
    missing: tuple[tuple[Platform, str], ...]
    pending: tuple[Artifact, ...]
    away: tuple[str, ...]


async def confirm(offer: Offer, fetch: Fetch, known: Collection[tuple[str, Checksum]]) -> Confirmed:
    """Look for every file of *offer*; *known* are the (URL, digest) pairs that :func:`compare` confirmed before.

    Each file that is there gets its size. One that cannot be looked at is missing, with the reason: no error
    leaves here.
    """
    pending = tuple(a for a in offer.artifacts if a.signature or not (a.signed or (a.url, a.checksum) in known))
    looked = await asyncio.gather(*(_look(a, fetch) for a in offer.artifacts if a not in pending))
    errors = [(a.platform, error) for a, error in looked if isinstance(error, FetchError)]
    return Confirmed(
        ready=tuple(a for a, error in looked if error is None),
        missing=offer.missing + tuple((platform, _reason(error)) for platform, error in errors),
        pending=pending,
        away=offer.away + tuple(_reason(error) for _, error in errors if not isinstance(error, NotPublished)),
    )


async def _look(artifact: Artifact, fetch: Fetch) -> tuple[Artifact, FetchError | None]:
    try:
        size, etag = await fetch.look(artifact.url)
        return replace(artifact, size=size, etag=etag), None
    except FetchError as error:
        return artifact, error


def _reason(error: FetchError) -> str:
    if isinstance(error, NotPublished):
        return f"{error.url} is listed, but not there yet"
    return f"{error.url} is listed, but cannot be looked at: {error.problem}"


async def compare(artifact: Artifact, fetch: Fetch) -> Artifact:
    """Download the file and return the artifact with its size; as signed, where it has a signature to be checked.

    :raises NotPublished: it is not there yet
    :raises FetchError: it could not be downloaded
    :raises SourceError: it has another digest than its list says, or its signature does not hold
    """
    if artifact.signature:
        keys = keyring(fetch.source, fetch.keys)
        proof = await proofs.openpgp(artifact.url, artifact.signature, keys, fetch)
        size, etag = await fetch.look(artifact.url)
        return replace(proofs.with_proof(artifact, proof, fetch.source), size=size, etag=etag)
    checksum, size = await fetch.digest(artifact.url, artifact.checksum.algorithm)
    if checksum != artifact.checksum:
        raise SourceError(fetch.source, artifact.url, "", f"is {checksum}, but its list says {artifact.checksum}")
    return replace(artifact, size=size)
