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
    ``signature`` is the URL of a detached OpenPGP signature that is still to be checked over the file, or ``""``.
    ``version`` is the release it belongs to: a late platform keeps its previous version's file.
    ``etag`` is what the file's server said when it was looked at: evidence, no part of what the file is.
    """

    arch: Arch
    libc: Libc
    version: Version
    url: str
    checksum: Checksum
    verified: str
    signed: bool
    size: int | None = None
    signature: str = ""
    etag: str = field(default="", compare=False)

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
class Proof:
    """The digest of a file, who stands for it (``signed by <fingerprint>``, ``sigstore <identity>``), since when."""

    checksum: Checksum
    verified: str
    made: datetime


@dataclass(frozen=True, slots=True)
class Release:
    """A version of one upstream, in the line (``22``, ``3.12``) that it belongs to.

    ``published`` is the day on which it came out, None where upstream does not say.
    ``lts`` is the code name that upstream gives a long-term line, ``LTS`` where it gives none (``""``: it is none),
    ``supported_until`` the day after which upstream no longer fixes the line; ``maintained`` that upstream says it
    does fix the line, where it names no such day.
    ``artifacts`` is empty until they were looked up.
    """

    source: str
    line: str
    version: Version
    published: date | None
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

    @property
    def long_term(self) -> str:
        """``LTS``, with the code name where upstream gives one: ``LTS (Jod)``; ``""`` if the line is none."""
        return "LTS" if self.lts == "LTS" else f"LTS ({self.lts})" if self.lts else ""

    def artifact(self, platform: Platform) -> Artifact | None:
        """Its file for *platform*, if it has one."""
        return next((a for a in self.artifacts if a.platform == platform), None)


@dataclass(frozen=True, slots=True)
class Held:
    """What waits: a platform of a line's release, or (arch and libc None) the whole of it.

    ``due`` is when waiting ends by policy (None: it may last), whatever that means then: a young release is old
    enough, a late platform is overdue, a release set goes without the flavour that is awaited.
    """

    source: str
    line: str
    version: str
    arch: Arch | None
    libc: Libc | None
    reason: str
    since: datetime
    due: datetime | None = None

    def times(self, now: datetime) -> str:
        """Since when and until when it waits, in words (UTC)."""
        late = ", overdue" if self.due and self.due < now else ""
        until = f" until {self.due:%Y-%m-%d %H:%M}{late}" if self.due else ""
        return f"since {self.since:%Y-%m-%d %H:%M}{until}"

    @property
    def subject(self) -> str:
        """What waits, in words."""
        return named(self.source, self.line, self.version) + (f" {self.arch}/{self.libc}" if self.arch else "")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A version that is deliberately not proposed in a line (``""``: that concerns no single one), and why."""

    source: str
    line: str
    version: str
    reason: str

    @property
    def subject(self) -> str:
        """What is skipped, in words."""
        return named(self.source, self.line, self.version)


def named(source: str, line: str, version: str) -> str:
    """Say which release is meant: ``node 22.11.0``, and ``dotnet 8.0.11 (8.0-sdk)`` where the version does not tell."""
    return f"{source} {version}" if version.startswith(line) else f"{source} {version} ({line})"


@dataclass(frozen=True, slots=True)
class Offer:
    """What upstream has of one release today: the files that are there, and why others are not.

    ``away`` says what could not be asked: of the missing platforms some may be there all the same.
    """

    artifacts: tuple[Artifact, ...]
    missing: tuple[tuple[Platform, str], ...] = ()
    away: tuple[str, ...] = ()
