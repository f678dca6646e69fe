"""What an upstream publishes: releases, their files, and what was checked of each."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from urllib.parse import urlsplit

from state.model.arch import Arch, Libc, Platform
from state.model.version import Version

_DIGEST_LENGTH = {"sha256": 64, "sha512": 128}
_URL = re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?/[A-Za-z0-9._~+%/-]*")
_LINE = re.compile(r"[0-9A-Za-z][0-9A-Za-z.-]{0,31}")


@dataclass(frozen=True, slots=True)
class Checksum:
    """A digest in lower-case hexadecimal; ValueError for anything else."""

    algorithm: str
    digest: str

    def __post_init__(self) -> None:
        """Refuse a digest of the wrong length or alphabet."""
        length = _DIGEST_LENGTH.get(self.algorithm)
        if length is None or not re.fullmatch(rf"[0-9a-f]{{{length}}}", self.digest):
            raise ValueError(f"not a {self.algorithm} digest: {self.digest[:140]!r}")

    def __str__(self) -> str:
        """``sha256:…`` as registries write it."""
        return f"{self.algorithm}:{self.digest}"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One file of a release for one platform, and how it was verified.

    ``verified`` is shown to people: ``signed by <fingerprint>``, ``sha256 published by upstream``.
    ``signed`` tells whether the digest is covered by a signature; where it is not, the file itself
    has to be downloaded and compared before anything is proposed.
    ``version`` is the release it belongs to: a late platform keeps its previous version's file.
    """

    arch: Arch
    libc: Libc
    version: Version
    url: str
    checksum: Checksum
    verified: str
    signed: bool
    size: int | None = None

    def __post_init__(self) -> None:
        """Refuse a URL that is not plain https, or that steps out of its folder."""
        path = urlsplit(self.url).path
        if not _URL.fullmatch(self.url) or ".." in path.split("/"):
            raise ValueError(f"not a plain https URL: {self.url[:200]!r}")

    @property
    def platform(self) -> Platform:
        """What it runs on."""
        return Platform(self.arch, self.libc)


@dataclass(frozen=True, slots=True)
class Release:
    """A version of one upstream, in the line (``22``, ``3.12``) that it belongs to.

    ``lts`` is the code name that upstream gives a long-term line (``""`` if it has none),
    ``supported_until`` the day after which upstream no longer fixes the line; ``maintained`` that upstream says it
    does fix the line, where it names no such day.
    ``artifacts`` is empty until they were looked up.
    """

    source: str
    line: str
    version: Version
    published: date
    lts: str = ""
    security: bool = False
    supported_from: date | None = None
    supported_until: date | None = None
    maintained: bool = False
    artifacts: tuple[Artifact, ...] = field(default=())

    def __post_init__(self) -> None:
        """Refuse a line that could not be a path, a ref or a tag."""
        if not _LINE.fullmatch(self.line) or ".." in self.line:
            raise ValueError(f"not a line: {self.line[:40]!r}")

    def supported(self, today: date) -> bool:
        """Whether upstream supports the line on *today*; one that upstream says nothing of is not supported."""
        if self.supported_from is not None and self.supported_from > today:
            return False
        return self.maintained if self.supported_until is None else today <= self.supported_until

    def artifact(self, platform: Platform) -> Artifact | None:
        """Its file for *platform*, if it has one."""
        return next((a for a in self.artifacts if a.platform == platform), None)


@dataclass(frozen=True, slots=True)
class Held:
    """What waits: a platform of a release, or (arch and libc None) the whole of it."""

    source: str
    version: str
    arch: Arch | None
    libc: Libc | None
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Skipped:
    """A version that is deliberately not proposed, and why."""

    source: str
    version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Offer:
    """What upstream has of one release today: the files that are there, and why others are not.

    ``away`` says what could not be asked: of the missing platforms some may be there all the same.
    """

    artifacts: tuple[Artifact, ...]
    missing: tuple[tuple[Platform, str], ...] = ()
    away: tuple[str, ...] = ()
