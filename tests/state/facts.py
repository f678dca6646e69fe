"""Values that the tests of the store share: shapes of the real thing, digests made up."""

from __future__ import annotations

import hashlib
import zlib
from datetime import UTC, date, datetime, timedelta

from state.model import Arch, Artifact, Checksum, Held, Libc, PullRequest, Release, Version
from state.store import Document

NOW = datetime(2026, 8, 5, 12, 30, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)
TODAY = NOW.date()


def checksum(seed: str = "a") -> Checksum:
    """A digest that only *seed* decides."""
    return Checksum("sha256", hashlib.sha256(seed.encode()).hexdigest())


def artifact(version: str = "22.11.0", arch: Arch = Arch.AMD64, libc: Libc = "glibc", seed: str = "") -> Artifact:
    """A signed file of node."""
    url = f"https://nodejs.org/dist/v{version}/node-v{version}-linux-{arch}-{libc}.tar.xz"
    return Artifact(arch, libc, Version(version), url, checksum(seed or url), "signed by ABCD", signed=True, size=4711)


def release(version: str = "22.11.0", *artifacts: Artifact, until: date | None = date(2027, 4, 30)) -> Release:
    """A release of node."""
    return Release(
        "node",
        version.split(".", maxsplit=1)[0],
        Version(version),
        date(2024, 10, 29),
        "Jod",
        security=True,
        supported_until=until,
        artifacts=artifacts,
    )


def document(body: bytes = b"[]", etag: str = '"1"') -> Document:
    """The index as fetched."""
    return Document("https://nodejs.org/dist/index.json", etag, None, hashlib.sha256(body).hexdigest(), body)


def held(version: str = "22.11.0", arch: Arch | None = Arch.ARMV6, since: datetime = NOW) -> Held:
    """A platform, or a release, that waits."""
    return Held("node", "22", version, arch, "glibc" if arch else None, "not there yet", since)


def pull_request(number: int = 1) -> PullRequest:
    """A pull request as a forge tells it."""
    name = f"{zlib.crc32(str(number).encode()):040x}"
    return PullRequest(number, "watcher/node/22", "node: 22.11.0 -> 22.11.1", f"file:///{number}", "open", name)
