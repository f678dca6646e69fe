"""From an upstream's list of digests to artifacts: a name is found exactly, and has one digest."""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sources import signatures
from sources.source import Fetch
from state.errors import FetchError, NotPublished, SourceError
from state.model import Artifact, Checksum, Platform, Release

_LIST_LIMIT = 1 << 20
_NAME = "(?P<name>[A-Za-z0-9._+/-]{1,200})"
_DIGEST = "(?P<digest>[0-9a-f]{64})"
PLAIN = re.compile(f"{_DIGEST} [ *]{_NAME}")
"""A line of a list as ``sha256sum`` writes it, in text mode or (``*``) in binary mode."""
BSD = re.compile(rf"#.*|SHA256 \({_NAME}\) = {_DIGEST}")
"""A line of a list as ``sha256sum --tag`` writes it, or a comment."""


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


async def signed_list(source: str, url: str, fetch: Fetch, form: re.Pattern[str] = PLAIN) -> Listing:
    """Return the clear-signed list at *url*, verified; errors as :func:`sources.signatures.clearsigned` has them."""
    body = await fetch.get(url, limit=_LIST_LIMIT)
    signed = await signatures.clearsigned(body, signatures.keyring(source, fetch.keys), source, url)
    return Listing(
        source, url, read_sha256(source, url, signed.text, form), f"signed by {signed.fingerprint}", signed=True
    )


async def detached_list(source: str, url: str, fetch: Fetch) -> Listing:
    """Return the list at *url*, verified by the signature that lies beside it as ``.gpg``; errors as signed_list."""
    body = await fetch.get(url, limit=_LIST_LIMIT)
    signature = await fetch.get(f"{url}.gpg", limit=_LIST_LIMIT)
    with tempfile.TemporaryDirectory(prefix="watcher-list-") as folder:
        file = Path(folder, "list")
        await asyncio.to_thread(file.write_bytes, body)  # gpgv wants a file
        keys = signatures.keyring(source, fetch.keys)
        signed = await signatures.detached(file, signature, keys, source, f"{url}.gpg")
    return Listing(source, url, read_sha256(source, url, body), f"signed by {signed.fingerprint}", signed=True)


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
    return Listing(source, url, digests, "sha256 published by upstream", signed=False), problem


def read_sha256(source: str, url: str, text: bytes, form: re.Pattern[str] = PLAIN) -> dict[str, Checksum]:
    """Return file name → SHA-256 out of lines of one *form*; a name may not have two digests."""
    found: dict[str, Checksum] = {}
    if text.lstrip()[:1] == b"<":
        raise SourceError(source, url, "", "is an HTML page, not a list of digests")
    for number, line in enumerate(text.decode("latin-1").replace("\r\n", "\n").split("\n"), start=1):
        if not line:
            continue
        match = form.fullmatch(line)
        if match is None or ".." in (match["name"] or "").split("/"):
            raise SourceError(source, url, f"line {number}", f"is not a digest and a name: {line[:100]!r}")
        if match["name"] is None:
            continue
        checksum = Checksum("sha256", match["digest"])
        if found.setdefault(match["name"], checksum) != checksum:
            raise SourceError(source, url, f"line {number}", f"has a second digest of {match['name']}")
    return found
