"""Which packages an image has, from its own package manager's data: dpkg, apk or rpm."""

from __future__ import annotations

import sqlite3
import struct
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from state.errors import RegistryError

DPKG = "var/lib/dpkg/status"
APK = ("lib/apk/db/installed", "usr/lib/apk/db/installed")
RPM = ("var/lib/rpm/rpmdb.sqlite", "usr/lib/sysimage/rpm/rpmdb.sqlite")
OS_RELEASE = ("etc/os-release", "usr/lib/os-release")
WANTED = (DPKG, *APK, *RPM, *OS_RELEASE)


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One installed package, as its package manager writes it.

    ``kind`` is the type of a package URL: deb, apk or rpm (https://github.com/package-url/purl-spec). ``source`` is the
    source package where that is called otherwise, ``source_version`` its version where that is another one; ``licence``
    is what the package says itself, "" if nothing.
    """

    name: str
    version: str
    arch: str
    kind: str
    source: str = ""
    licence: str = ""
    source_version: str = ""

    def url(self, distro: str, release: str) -> str:
        """Return its package URL: ``pkg:deb/debian/curl@8.14.1-2?arch=amd64&distro=debian-13``."""
        epoch, _, rest = self.version.rpartition(":") if self.kind == "rpm" else ("", "", self.version)
        extra = {"arch": self.arch, "distro": f"{distro}-{release}".strip("-"), "epoch": epoch}
        said = "&".join(f"{key}={quote(value, safe='-._~')}" for key, value in sorted(extra.items()) if value)
        name = f"{quote(distro or 'linux', safe='')}/{quote(self.name, safe='-._~+')}"
        return f"pkg:{self.kind}/{name}@{quote(rest, safe='-._~+')}?{said}"


@dataclass(frozen=True, slots=True)
class Installed:
    """The packages of an image, and its distribution: ``debian`` and ``13`` as its os-release says."""

    distro: str
    release: str
    packages: tuple[Package, ...]


def installed(files: Mapping[str, bytes]) -> Installed:
    """Read what :data:`WANTED` files of an image say; no packages where it has no package manager.

    :raises RegistryError: a package database is not one
    """
    system = next((_os_release(files[path]) for path in OS_RELEASE if path in files), {})
    found: list[Package] = []
    if DPKG in files:
        found += dpkg(files[DPKG])
    found += [package for path in APK if path in files for package in apk(files[path])]
    found += [package for path in RPM if path in files for package in rpm(files[path])]
    return Installed(system.get("ID", ""), system.get("VERSION_ID", ""), tuple(sorted(set(found))))


def _os_release(data: bytes) -> dict[str, str]:
    """Read the fields (https://www.freedesktop.org/software/systemd/man/latest/os-release.html)."""
    rows = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, _, value in rows}


def dpkg(data: bytes) -> Iterator[Package]:
    """Yield the packages of dpkg's status file that are installed, not only configured once."""
    for block in data.decode("utf-8", "replace").split("\n\n"):
        fields = dict(_fields(block))
        if fields.get("status", "").endswith(" installed") and "package" in fields:
            source, _, other = fields.get("source", "").partition(" ")
            version, arch = fields.get("version", ""), fields.get("architecture", "")
            yield Package(fields["package"], version, arch, "deb", source, source_version=other.strip("()"))


def _fields(block: str) -> Iterator[tuple[str, str]]:
    """The fields of a block, first lines only: those of our interest have no more."""
    for line in block.splitlines():
        if line[:1] not in ("", " ", "\t"):
            key, _, value = line.partition(":")
            yield key.lower(), value.strip()


def apk(data: bytes) -> Iterator[Package]:
    """Yield the packages of apk's list (https://wiki.alpinelinux.org/wiki/Apk_spec)."""
    for block in data.decode("utf-8", "replace").split("\n\n"):
        fields = {line[:1]: line[2:].strip() for line in block.splitlines() if line[1:2] == ":" and line[0] in "PVAoL"}
        if "P" in fields:
            name, version, arch, source, licence = (fields.get(key, "") for key in "PVAoL")
            yield Package(name, version, arch, "apk", source, licence)


def rpm(data: bytes) -> Iterator[Package]:
    """Yield the packages of rpm's database in SQLite, but for the keys that it keeps beside them."""
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        file.write(data)
        file.flush()
        try:
            with closing(sqlite3.connect(f"{Path(file.name).as_uri()}?immutable=1", uri=True)) as database:
                blobs = [row[0] for row in database.execute("SELECT blob FROM Packages")]
        except sqlite3.Error as error:
            raise RegistryError("", RPM[0], f"is not an rpm database: {error}") from error
    for blob in blobs:
        tags = _header(blob)
        name, version, release = (_text(tags.get(tag)) for tag in (1000, 1001, 1002))
        if name and name != "gpg-pubkey":
            number = tags.get(1003)
            epoch = f"{number}:" if isinstance(number, int) else ""
            source = _text(tags.get(1044)).rpartition("-")[0].rpartition("-")[0]
            arch = _text(tags.get(1022))
            yield Package(name, f"{epoch}{version}-{release}", arch, "rpm", source, _text(tags.get(1014)))


_INT32, _STRING, _I18N = 4, 6, 9
_TAGS = {1000, 1001, 1002, 1003, 1014, 1022, 1044}


def _header(blob: bytes) -> dict[int, int | bytes]:
    """Read a header's tags of our interest (https://rpm-software-management.github.io/rpm/manual/format_header.html)."""
    try:
        count, _ = struct.unpack_from(">II", blob)
        start = 8 + 16 * count
        found: dict[int, int | bytes] = {}
        for number in range(count):
            tag, kind, offset, _ = struct.unpack_from(">IIII", blob, 8 + 16 * number)
            if tag in _TAGS and kind == _INT32:
                found[tag] = struct.unpack_from(">I", blob, start + offset)[0]
            elif tag in _TAGS and kind in (_STRING, _I18N):
                found[tag] = blob[start + offset : blob.index(b"\0", start + offset)]
    except (struct.error, ValueError) as error:
        raise RegistryError("", RPM[0], f"has a header that cannot be read: {error}") from error
    return found


def _text(value: int | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""
