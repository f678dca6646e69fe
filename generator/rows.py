"""The rows of the catalogue, as typed values: what a distro, a stack, a class and a device are.

They are read from ``catalogue/*.toml`` by :mod:`generator.catalogue`; field names are the keys there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from state.model import Arch, Libc, Platform, Release, Version


@dataclass(frozen=True, slots=True)
class DistroLine:
    """One version of a distro: ``bookworm`` (number 12).

    ``codename`` is what paths and canonical names say; for Alpine and Fedora it is the number.
    ``number`` is the numeric alias ("" if none); ``bases`` maps each architecture that upstream serves
    to its base image's reference, ``digests`` the same to the digest once one was seen in the registry.
    ``rolling`` marks sid and edge: names only, never a default, never numbered.
    ``absent`` gives a reason for each architecture that is not served.
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
    """One distribution. ``template`` is its family of package manager: apt, apk or dnf."""

    name: str
    title: str
    template: str
    libc: Libc
    default: str
    lines: tuple[DistroLine, ...]


@dataclass(frozen=True, slots=True)
class Served:
    """Where one platform of a stack comes from.

    ``below`` bounds it: lines whose first number is less. ``reason`` says why lines from there on have none.
    """

    platform: Platform
    upstream: str
    below: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """One language stack and its policy for partial releases.

    ``source`` is the watched upstream, ``template`` the partial of its Dockerfile, ``latest`` which line
    the word ``latest`` means: ``lts`` or ``current``.
    ``require`` platforms must be there before anything is proposed; ``wait_up_to_hours`` is how long a late one
    is awaited before that is shown as overdue; ``absent`` gives the reason for platforms never served.
    ``extra`` are pinned facts that only the template reads (yarn's version and checksum).
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
    extra: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices of one arch whose layer has the same text; named after its canonical member.

    ``layer`` is the partial template, ``distros`` the distros (and so their lines) that it has a layer of
    its own for; on any other distro its devices stand on the generic class of their arch.
    """

    name: str
    title: str
    arch: Arch
    layer: str
    distros: tuple[str, ...]
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Device:
    """One device type. ``device_class`` is the class that it belongs to where that has a layer."""

    slug: str
    title: str
    arch: Arch
    device_class: str
    aliases: tuple[str, ...] = ()


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
