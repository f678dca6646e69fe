"""What is recorded of one line of a distro: its point release, its support, its base images and its packages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from state.model.arch import Arch
from state.model.version import Version

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Base:
    """The image of upstream's that one architecture stands on.

    ``digest`` (``sha256:…``) is what its registry said of *reference*; ``""`` while that was never asked or never
    answered: a digest is seen, not invented.
    """

    arch: Arch
    reference: str
    digest: str = ""

    def __post_init__(self) -> None:
        """Refuse a digest that is none."""
        if self.digest and not _DIGEST.fullmatch(self.digest):
            raise ValueError(f"not a digest: {self.digest[:80]!r}")


@dataclass(frozen=True, slots=True)
class ArchiveState:
    """A further package archive of a line, a vendor's or that of its updates, as it was on the day ``taken``.

    ``snapshot`` is the time that its signed head states (``20261120T101637Z``); ``packages`` maps the source packages
    that our images have from it to their versions.
    """

    snapshot: str
    taken: date
    packages: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class OsLine:
    """One line of a distro as the watcher records it.

    ``version`` is the point release, None of a rolling line. ``snapshot`` names the state of the package archive: a
    time as Debian's archive of snapshots writes it (``20261120T101637Z``) or the digest of an index; ``taken`` is the day on
    which it was seen. ``packages`` maps source packages that are in our images to their version in that state.
    ``updates`` is the archive of what is fixed besides vulnerabilities, where a distro has one of its own. ``archives``
    are those of device vendors, by the names that the catalogue gives them.
    """

    source: str
    line: str
    version: Version | None = None
    published: date | None = None
    lts: str = ""
    supported_from: date | None = None
    supported_until: date | None = None
    bases: tuple[Base, ...] = ()
    snapshot: str = ""
    taken: date | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    updates: ArchiveState | None = None
    archives: Mapping[str, ArchiveState] = field(default_factory=dict)

    @property
    def pinned(self) -> str:
        """The state of the distro's package archives in one word: an image is made anew where that is another."""
        return f"{self.snapshot}-{self.updates.snapshot}" if self.updates else self.snapshot

    def digest(self, arch: Arch, reference: str) -> str:
        """The digest that was seen of *reference* for *arch*, or ``""``."""
        return next((b.digest for b in self.bases if (b.arch, b.reference) == (arch, reference)), "")
