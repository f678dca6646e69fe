"""From an upstream's list of digests to artifacts: a name is found exactly, and no digest serves twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sources import signatures
from sources.source import Fetch
from state.errors import FetchError, NotPublished, SourceError
from state.model import Artifact, Checksum, Platform, Release

_LIST_LIMIT = 1 << 20
_ENTRY = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9._+/-]{1,200})")


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of digests that was read: file name → digest.

    ``url`` is the list's own, and its files lie beside it. ``verified`` says how the list is known to be
    upstream's, ``signed`` whether by a signature.
    """

    source: str
    url: str
    digests: Mapping[str, Checksum]
    verified: str
    signed: bool

    def pick(self, release: Release, names: Mapping[Platform, str]) -> dict[Platform, Artifact]:
        """Return the artifacts of those *names* (platform → exact file name) that are in the list."""
        folder = self.url.rpartition("/")[0]
        return {
            platform: Artifact(
                platform.arch,
                platform.libc,
                release.version,
                f"{folder}/{name}",
                self.digests[name],
                self.verified,
                self.signed,
            )
            for platform, name in names.items()
            if name in self.digests
        }


async def signed_list(source: str, url: str, fetch: Fetch) -> Listing:
    """Return the clear-signed list at *url*, verified; errors as :func:`sources.signatures.clearsigned` has them."""
    body = await fetch.get(url, limit=_LIST_LIMIT)
    signed = await signatures.clearsigned(body, signatures.keyring(source, fetch.keys), source, url)
    return Listing(source, url, read_sha256(source, url, signed.text), f"signed by {signed.fingerprint}", signed=True)


async def unsigned_list(source: str, url: str, fetch: Fetch) -> tuple[Listing, str]:
    """Return the unsigned list at *url*, empty where there is none (yet), and what kept us from asking.

    For a second upstream that may be down: its platforms wait then, the others go ahead.
    """
    text, problem = b"", ""
    try:
        text = await fetch.get(url, limit=_LIST_LIMIT)
    except NotPublished:
        pass
    except FetchError as error:
        problem = error.problem
    digests = read_sha256(source, url, text)
    return Listing(source, url, digests, "sha256 published by upstream, unsigned; compared with the file", signed=False), problem


def read_sha256(source: str, url: str, text: bytes) -> dict[str, Checksum]:
    """Return file name → SHA-256 out of lines ``<64 hex>  <name>``; a name may not have two digests."""
    found: dict[str, Checksum] = {}
    if text.lstrip()[:1] == b"<":
        raise SourceError(source, url, "", "is an HTML page, not a list of digests")
    for number, line in enumerate(text.decode("latin-1").replace("\r\n", "\n").split("\n"), start=1):
        if not line:
            continue
        match = _ENTRY.fullmatch(line)
        if match is None or ".." in match[2].split("/"):
            raise SourceError(source, url, f"line {number}", f"is not a digest and a name: {line[:100]!r}")
        checksum = Checksum("sha256", match[1])
        if found.setdefault(match[2], checksum) != checksum:
            raise SourceError(source, url, f"line {number}", f"has a second digest of {match[2]}")
    return found


def refuse_twins(source: str, artifacts: Iterable[Artifact]) -> None:
    """Refuse two files with one digest: one of them carries the other's by mistake."""
    seen: dict[Checksum, Artifact] = {}
    for artifact in artifacts:
        twin = seen.setdefault(artifact.checksum, artifact)
        if twin is not artifact:
            raise SourceError(source, artifact.url, "", f"has the same digest as {twin.url}")
