"""The rows of the catalogue, as typed values: what a distro, a stack, a class and a device are.

They are read from ``catalogue/*.toml`` by :mod:`generator.catalogue`; field names are the keys there
(but ``class`` for ``device_class``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from state.model import Arch, Libc, Platform, Release, Version


@dataclass(frozen=True, slots=True)
class DistroLine:
    """One version of a distro: ``bookworm`` (number 12).

    ``codename`` is what paths and canonical names say; for Alpine and Fedora it is the number.
    ``number`` is the numeric alias ("" if none); ``bases`` maps each architecture that upstream serves
    to its base image's reference, ``digests`` the same to the digest (``sha256:…``) once one was seen in the
    registry. ``rolling`` marks sid and edge: names only, never a default, never numbered.
    ``absent`` gives a reason for each architecture that is not served: bases and absent name all six.
    """

    codename: str
    number: str
    title: str
    supported_until: date | None
    bases: Mapping[Arch, str]
    absent: Mapping[Arch, str]
    digests: Mapping[Arch, str] = field(default_factory=dict)
    rolling: bool = False


@dataclass(frozen=True, slots=True)
class Distro:
    """One distribution. ``template`` is its family of package manager: apt, apk or dnf.

    ``lines`` stand oldest first, rolling ones last. ``default`` is the codename that a name without a distro
    version means. ``also`` names a distro ("" if none) under whose name these images are published as well, for
    the architectures that it lacks itself: Raspbian is Debian's armv6.
    """

    name: str
    title: str
    template: str
    libc: Libc
    default: str
    lines: tuple[DistroLine, ...]
    also: str = ""


@dataclass(frozen=True, slots=True)
class Served:
    """Where one platform of a stack comes from.

    ``since`` and ``below`` bound it, as numbers with dots (``24``, ``3.12``): lines whose number is at least the one
    and less than the other. ``reason`` says why lines outside have none.
    ``packages`` is for a platform that only the distros themselves serve: distro version → the numbers of the lines
    that it has a package of. Its images are named by the line alone, since the package's version is the distro's.
    """

    platform: Platform
    upstream: str
    since: str = ""
    below: str = ""
    reason: str = ""
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def serves(self, line: str) -> bool:
        """Whether *line* (``22``, ``3.12``, ``21-jre``) is within the bounds."""
        number = _numbers(line)
        if not number:
            return not self.since and not self.below
        return number >= _numbers(self.since) and (not self.below or number < _numbers(self.below))


def _numbers(line: str) -> tuple[int, ...]:
    """``3.12`` → (3, 12), whatever stands behind it; a line without a number is within no bound."""
    leading = re.match(r"\d+(?:\.\d+)*", line)
    return tuple(int(part) for part in leading[0].split(".")) if leading else ()


@dataclass(frozen=True, slots=True)
class Stack:
    """One language stack and its policy for partial releases.

    ``source`` is the watched upstream (a source has one stack at most), ``template`` the partial of its Dockerfile,
    ``latest`` which line the word ``latest`` means: ``lts`` or ``current``.
    ``flavours`` are the endings of its lines (``21-jdk``, ``21-jre``), the one that a bare number means first; empty
    where lines are numbers alone.
    ``require`` platforms must be there before anything is proposed; ``wait_up_to_hours`` is how long a late one
    is awaited before that is shown as overdue; those in ``allow_missing`` never are. ``absent`` gives the reason for
    platforms never served.
    ``group`` says what one pull request brings: ``line``, or ``release-set``, all flavours of a number at once.
    ``defaults`` maps a line to the distro versions that it has as default instead of the distro's own
    (distro → codename). ``extra`` are pinned facts that only the template reads (yarn's version and checksum).
    """

    name: str
    title: str
    source: str
    template: str
    latest: str
    served: tuple[Served, ...]
    absent: Mapping[Platform, str]
    require: tuple[Platform, ...]
    wait_up_to_hours: int
    flavours: tuple[str, ...] = ()
    allow_missing: tuple[Platform, ...] = ()
    group: str = "line"
    defaults: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices of one arch whose layer has the same text; named after its canonical member.

    ``layer`` is the partial template ``device/<layer>.j2``. ``distros`` maps a distro to the codenames that it has a
    layer for; on any other line its devices stand on the ``generic`` class of their arch, which is on every
    line that serves the arch. ``packages`` maps a distro to what the layer installs there, ``extra`` are facts that
    only the layer's template reads (the suite of a vendor's archive).
    """

    name: str
    title: str
    arch: Arch
    layer: str
    distros: Mapping[str, tuple[str, ...]]
    generic: bool = False
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Device:
    """One device type. ``device_class`` is the class that it belongs to where that has a layer.

    ``absent`` says why there are no images for it ("" if there are; then ``device_class`` is not "").
    """

    slug: str
    title: str
    arch: Arch
    device_class: str = ""
    aliases: tuple[str, ...] = ()
    absent: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """What the whole family shares: the registry namespace and where its sources live."""

    namespace: str
    source_url: str
    default_distro: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that the generated files are a function of: catalogue tables and recorded releases.

    ``releases`` maps (source, line) to what is recorded; an artifact there may belong to an older version
    than its release (a late platform).
    """

    family: Family
    distros: Mapping[str, Distro]
    stacks: Mapping[str, Stack]
    classes: Mapping[str, DeviceClass]
    devices: Mapping[str, Device]
    releases: Mapping[tuple[str, str], Release]

    def lines(self, source: str) -> list[Release]:
        """The recorded releases of *source*, lowest line first."""
        return sorted((r for (s, _), r in self.releases.items() if s == source), key=lambda r: r.version)

    def version(self, source: str, line: str) -> Version | None:
        """The recorded version of a line, or None."""
        release = self.releases.get((source, line))
        return release.version if release else None
