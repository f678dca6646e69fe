"""The package archives of distros: what state they are in, and which version of a package they have there.

Only to tell that images should be built anew: what a build installs, the package manager verifies by itself. So of
Alpine and Fedora, whose indexes are not signed in a way that gpgv reads, https is enough.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sources import package_lists, suites
from sources.deb822 import moment, read_stanza
from sources.source import Fetch
from state.errors import SourceError

_DIGESTS = {"SHA256": "[0-9a-f]{64}", "SHA512": "[0-9a-f]{128}"}


@dataclass(frozen=True, slots=True)
class Archive:
    """Where a distro tells the state of a line's packages.

    ``head`` is the URL of the document that changes with them, ``{line}`` in it; ``index`` the paths of the lists of
    packages below a suite's head. ``security`` tells that it brings fixes only: what moves there is urgent.
    ``base`` are packages of the base image, besides those that the archive itself marks as such. ``updates`` is where
    what is fixed besides vulnerabilities comes first, between point releases: those are releases of their own.
    """

    kind: Literal["deb", "apk", "rpm"]
    head: str
    security: bool = False
    index: tuple[str, ...] = ()
    base: tuple[str, ...] = ()
    updates: Archive | None = None

    def url(self, line: str) -> str:
        """The head of *line*."""
        return self.head.format(line=line)

    def fixed(self, was: Mapping[str, str], now: Mapping[str, str], have: Mapping[str, Collection[str]]) -> bool:
        """Whether what moved is urgent: source package → version as recorded, as it is, and as images really *have* it.

        A name that was not recorded is one that was not looked for, or had no fix yet: then what images have counts,
        and where that is not known, any version in an archive of fixes alone (Alpine's index has every package).
        """
        return self.security and any(self._fixed(was.get(name), have.get(name, ()), now[name]) for name in now)

    def _fixed(self, was: str | None, have: Collection[str], now: str) -> bool:
        if was is not None:
            return was != now
        if have:
            return any(package_lists.order(version) < package_lists.order(now) for version in have)
        return self.kind != "apk"


ARCHIVES: Mapping[str, Archive] = {
    "debian": Archive(
        "deb",
        "https://ftp.debian.org/debian-security/dists/{line}-security/InRelease",
        security=True,
        index=("main/binary-amd64/Packages.xz",),
        # https://wiki.debian.org/StableUpdates
        updates=Archive(
            "deb",
            "https://ftp.debian.org/debian/dists/{line}-updates/InRelease",
            index=("main/binary-amd64/Packages.xz",),
        ),
    ),
    "ubuntu": Archive(
        "deb",
        "http://security.ubuntu.com/ubuntu/dists/{line}-security/InRelease",
        security=True,
        index=("main/binary-amd64/Packages.xz", "universe/binary-amd64/Packages.xz"),
        # https://wiki.ubuntu.com/StableReleaseUpdates
        updates=Archive(
            "deb",
            "http://archive.ubuntu.com/ubuntu/dists/{line}-updates/InRelease",
            index=("main/binary-amd64/Packages.xz", "universe/binary-amd64/Packages.xz"),
        ),
    ),
    # A stable branch gets fixes only: https://wiki.alpinelinux.org/wiki/Repositories#Managing_repositories
    "alpine": Archive(
        "apk",
        "https://dl-cdn.alpinelinux.org/alpine/v{line}/main/x86_64/APKINDEX.tar.gz",
        security=True,
        base=("alpine-baselayout", "alpine-release", "apk-tools", "busybox", "ca-certificates-bundle", "musl-utils"),
    ),
    "fedora": Archive(
        "rpm", "https://dl.fedoraproject.org/pub/fedora/linux/updates/{line}/Everything/x86_64/repodata/repomd.xml"
    ),
}
"""By distro. Raspbian has none: its version is the day of its archive already."""


async def believed(archive: Archive, line: str, body: bytes, fetch: Fetch, now: datetime) -> bytes:
    """Return the head as it may be believed; errors as :func:`sources.suites.believed` has them."""
    return await suites.believed(fetch, archive.url(line), body, now) if archive.kind == "deb" else body


def snapshot(source: str, archive: Archive, line: str, head: bytes) -> str:
    """Name the state that a believed *head* tells: its Date as snapshot archives write it, or its digest."""
    if archive.kind != "deb":
        return f"sha256:{hashlib.sha256(head).hexdigest()}"
    return f"{moment(read_stanza(source, archive.url(line), head).member('Date')):%Y%m%dT%H%M%SZ}"


async def versions(
    archive: Archive, line: str, head: bytes, installed: Collection[str], fetch: Fetch
) -> Mapping[str, str]:
    """Return source package → version, of those of which the archive has a package that is *installed* or in the base.

    Empty where the archive's lists are not read (Fedora).
    :raises SourceError: a list is not what the head says, or cannot be read
    """
    url, wanted = archive.url(line), {*installed, *archive.base}
    if archive.kind == "apk":
        return await asyncio.to_thread(package_lists.read_apk, fetch.source, url, head, wanted)
    found: dict[str, str] = {}
    for path in archive.index:
        place, body = await listed(fetch, url, head, [path])
        await asyncio.to_thread(package_lists.read_deb, fetch.source, place, body, wanted, found)
    return found


async def listed(fetch: Fetch, url: str, head: bytes, paths: Sequence[str]) -> tuple[str, bytes]:
    """Return the first of the lists of packages at *paths* that the head has: its URL and its content.

    It is asked for by the digest that the signed head gives it where the archive has that, so that both are of one moment.
    :raises SourceError: the head names none of them, or what came is not what it names
    """
    suite = read_stanza(fetch.source, url, head)
    algorithm = "SHA256" if suite.member("SHA256").raw is not None else "SHA512"  # Ubuntu's has only that since 26.10
    sums = suite.member(algorithm)
    rows = (line.split() for line in sums.text().splitlines())
    digests = {row[2]: row[0] for row in rows if len(row) == 3}  # noqa: PLR2004  (digest, size, path)
    path = next((path for path in paths if path in digests), paths[0])
    digest = digests.get(path, "")
    if not re.fullmatch(_DIGESTS[algorithm], digest):
        raise sums.wrong(f"names no {path}")
    by_hash = suite.member("Acquire-By-Hash").raw == "yes"
    name = f"{path.rpartition('/')[0]}/by-hash/{algorithm}/{digest}" if by_hash else path
    place = f"{url.rpartition('/')[0]}/{name}"
    body = await fetch.get(place)
    if hashlib.new(algorithm, body).hexdigest() != digest:
        raise SourceError(fetch.source, place, "", "is not what its name says")
    return place, body
