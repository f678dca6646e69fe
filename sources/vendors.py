"""Package archives of device vendors: laid out as Debian's, signed by keys that the catalogue keeps.

Only to tell that device images should be built anew: what a build installs, apt verifies by itself with the same key.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sources import package_lists, signatures
from sources.deb822 import moment, read_stanza
from sources.packages import listed
from sources.source import Fetch
from state.errors import SourceError
from state.model import Arch


@dataclass(frozen=True, slots=True)
class Vendor:
    """One suite of a vendor's archive: ``head`` is the URL of its InRelease, ``key`` armored, of ``fingerprint``."""

    name: str
    head: str
    components: Sequence[str]
    fingerprint: str
    key: str


async def believed(fetch: Fetch, vendor: Vendor, body: bytes, now: datetime) -> bytes:
    """Return the signed text of the vendor's head.

    :raises SignatureError: the catalogue's key of the archive did not sign it
    :raises SourceError: it is not valid any more
    """
    keys = {vendor.fingerprint: signatures.dearmored(f"catalogue/keys/{vendor.name}.asc", vendor.key)}
    text = (await signatures.clearsigned(body, keys, fetch.source, vendor.head)).text
    until = read_stanza(fetch.source, vendor.head, text).member("Valid-Until")
    if until.raw is not None and moment(until) < now:
        raise until.wrong(f"was valid until {moment(until):%Y-%m-%d %H:%M} UTC only: the copy is stale")
    return text


def snapshot(source: str, vendor: Vendor, head: bytes) -> str:
    """Name the state that a believed *head* tells: its Date, as snapshots of archives are named."""
    return f"{moment(read_stanza(source, vendor.head, head).member('Date')):%Y%m%dT%H%M%SZ}"


async def versions(
    fetch: Fetch, vendor: Vendor, head: bytes, arches: Collection[Arch], wanted: Collection[str]
) -> Mapping[str, str]:
    """Return source package → version, of those of which the archive has a *wanted* package for one of *arches*.

    :raises SourceError: a list is not what the head says, cannot be read, or has none of the wanted packages
    """
    found: dict[str, str] = {}
    for component in vendor.components:
        for arch in sorted(arches):
            folder = f"{component}/binary-{arch.spelling.debian}"
            paths = [f"{folder}/Packages.xz", f"{folder}/Packages.gz"]
            place, body = await listed(fetch, vendor.head, head, paths)
            await asyncio.to_thread(package_lists.read_deb, fetch.source, place, body, wanted, found)
    if wanted and not found:
        names = ", ".join(sorted(wanted))
        raise SourceError(
            fetch.source, vendor.head, "", f"has none of the packages that device images have from it: {names}"
        )
    return found
