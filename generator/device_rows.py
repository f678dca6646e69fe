"""The rows of ``catalogue/devices.toml``: devices, the classes that they belong to, and the archives of their vendors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from state.model import Arch


@dataclass(frozen=True, slots=True)
class Archive:
    """A package archive of a device vendor, laid out as Debian's: https://wiki.debian.org/DebianRepository/Format.

    ``url`` ends in a slash, and so does ``beside`` ("" for none), one more archive with the same suite and key, which is not
    watched; ``suite`` may hold ``{line}``, the codename of the distro version. ``fingerprint`` is that
    of the key ``catalogue/keys/<name>.asc``. ``absent`` says why images do without it ("" if they do not): the key
    of a vendor that nobody could check is not there.
    """

    name: str
    title: str
    url: str
    suite: str
    components: str = ""
    fingerprint: str = ""
    absent: str = ""
    beside: str = ""

    def suite_of(self, codename: str) -> str:
        """Its suite for a distro version."""
        return self.suite.replace("{line}", codename)

    def head(self, codename: str) -> str:
        """The URL of the signed document that changes with its packages."""
        return f"{self.url}dists/{self.suite_of(codename)}/InRelease"


@dataclass(frozen=True, slots=True)
class DeviceClass:
    """Devices of one arch whose layer has the same text; named after its canonical member.

    ``layer`` is the partial template ``device/<layer>.j2``. ``distros`` maps a distro to the codenames that it has a
    layer for; on any other line its devices stand on the ``generic`` class of their arch, which is on every
    line that serves the arch. ``packages`` maps a distro to what the layer installs there from the distro itself,
    ``archives`` to the vendor's archive that it adds, ``vendor`` to what it installs from that.
    """

    name: str
    title: str
    arch: Arch
    layer: str
    distros: Mapping[str, tuple[str, ...]]
    generic: bool = False
    packages: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    archives: Mapping[str, str] = field(default_factory=dict)
    vendor: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def awaits(self, distro: str, archives: Mapping[str, Archive]) -> Archive | None:
        """The archive without which there is nothing of its own on *distro*; None where there is something."""
        archive = archives.get(self.archives.get(distro, ""))
        return archive if archive and archive.absent and not self.packages.get(distro) else None


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
