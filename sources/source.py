"""What a source is: one upstream, in one plain module that satisfies this Protocol.

A source turns documents into releases and knows how its upstream proves them. It does no
network of its own (it is handed a :class:`Fetch`), keeps nothing, and knows neither the
catalogue nor the database.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from state.model import Arch, Checksum, Offer, Platform, Proof, Release


class Proofs(Protocol):
    """What detached signatures proved before, so that a large file is downloaded for its signature once only."""

    def find(self, url: str, evidence: str) -> Proof | None:
        """Return what *evidence* (a digest of signature and keys) proved of the file at *url*, or None."""
        ...

    def keep(self, url: str, evidence: str, proof: Proof) -> None:
        """Remember it."""
        ...


class Fetch(Protocol):
    """The network, as a source may use it. URLs are the official ones: mirrors are mapped inside."""

    @property
    def source(self) -> str:
        """Name of the source it fetches for: errors say it."""
        ...

    @property
    def keys(self) -> Path | None:
        """Folder of further OpenPGP keys of this source (``<FINGERPRINT>.asc``), which win over the shipped ones."""
        ...

    @property
    def proofs(self) -> Proofs:
        """What was proved before."""
        ...

    async def get(self, url: str, *, limit: int | None = None) -> bytes:
        """Return the body of *url*; :class:`~state.errors.NotPublished` on 404, FetchError otherwise."""
        ...

    async def look(self, url: str) -> tuple[int, str]:
        """Return what a HEAD of *url* tells: its size in bytes, at least 1, and its ETag or ``""``; errors as :meth:`get`."""
        ...

    async def digest(self, url: str, algorithm: str) -> tuple[Checksum, int]:
        """Download *url* as a stream and return its digest and its size in bytes; errors as :meth:`get`."""
        ...

    async def save(self, url: str, algorithm: str, target: Path) -> tuple[Checksum, int]:
        """As :meth:`digest`, and write the file to *target*, which the caller removes; errors as :meth:`get`."""
        ...


class Source(Protocol):
    """One upstream. ``DOCUMENTS`` names the URLs that every poll asks for, conditionally."""

    @property
    def NAME(self) -> str:  # noqa: N802  (a module constant)
        """The word that people type: ``node``."""
        ...

    @property
    def DOCUMENTS(self) -> Mapping[str, str]:  # noqa: N802  (a module constant)
        """Document name → official URL, in the order in which they are asked for."""
        ...

    def more(self, documents: Mapping[str, bytes]) -> Mapping[str, str]:
        """Name the further documents that these lead to (a channel's, a branch's): name → official URL.

        They are asked for conditionally too; :meth:`releases` gets all. :func:`no_more` is for upstreams
        whose ``DOCUMENTS`` are all there is.
        :raises SourceError: a document that leads there is not usable
        """
        ...

    async def verify(self, documents: Mapping[str, bytes], fetch: Fetch, now: datetime) -> Mapping[str, bytes]:
        """Return the documents as :meth:`releases` may believe them: of a signed one only the text that was signed.

        *fetch* gives the keys; *now* is an aware time, for what is valid until some time. A document of :meth:`more`
        that upstream does not have is empty: left out here if the source can be without it. :func:`unsigned` is
        for upstreams whose documents carry no signature.
        :raises SignatureError: a signature does not hold
        :raises SourceError: a document is stale or missing
        """
        ...

    def releases(self, documents: Mapping[str, bytes]) -> Sequence[Release]:
        """Read all releases out of the verified documents, without artifacts; SourceError if one is not usable.

        Some upstreams list their newest alone, so what is not listed has not ended: a line that has is told with the
        day of its end, for as long as upstream has a word on it.
        """
        ...

    async def artifacts(self, release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
        """Look up the files of *release* for the *wanted* platforms, with verified digests.

        A platform that upstream does not have (yet) is in ``Offer.missing`` with a reason.
        :raises SignatureError: the list of digests is there and its signature does not hold
        :raises NotPublished: there is no list yet
        """
        ...

    def links(self, old: str | None, new: str) -> Mapping[str, str]:
        """Return label → URL of upstream's notes and comparison for the step from *old* to *new*."""
        ...


class DistroSource(Source, Protocol):
    """A distro: its lines are what images stand on."""

    def architectures(self, documents: Mapping[str, bytes], line: str) -> Collection[Arch]:
        """Return what upstream builds *line* for, by the verified documents that :meth:`releases` read."""
        ...


def no_more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """Return nothing: ``more`` of a source whose ``DOCUMENTS`` are all there is."""
    del documents
    return {}


async def unsigned(documents: Mapping[str, bytes], fetch: Fetch, now: datetime) -> Mapping[str, bytes]:
    """Return the documents as they are: ``verify`` of a source whose upstream signs files, not the list of releases."""
    del fetch, now
    return documents
