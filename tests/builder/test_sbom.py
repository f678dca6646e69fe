"""What an image is made of, read out of its own layers."""

from __future__ import annotations

import gzip
import io
import sqlite3
import struct
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builder import layers, packages, sbom
from builder.packages import Package
from state.errors import RegistryError
from tests.registry.images import layout

DPKG = b"""Package: curl
Status: install ok installed
Architecture: amd64
Version: 8.14.1-2+deb13u1
Description: a tool
 of many lines: and colons

Package: libcurl4t64
Status: install ok installed
Source: curl (8.14.1-2)
Architecture: amd64
Version: 8.14.1-2+deb13u1

Package: gone
Status: deinstall ok config-files
Architecture: amd64
Version: 1
"""
APK = b"""C:Q1abc=
P:busybox
V:1.37.0-r12
A:x86_64
L:GPL-2.0-only
o:busybox

P:ssl_client
V:1.37.0-r12
A:x86_64
o:busybox
"""
DEBIAN = b'PRETTY_NAME="Debian GNU/Linux 13"\nID=debian\nVERSION_ID="13"\n'
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def tar(files: dict[str, bytes], *, links: dict[str, str] | None = None) -> bytes:
    """A layer of these files, packed as engines do."""
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return gzip.compress(body.getvalue(), mtime=0)


def test_a_higher_layer_hides_a_lower_one(tmp_path: Path) -> None:
    """The newest status counts; a link is followed by looking at what it stands for; a whiteout removes."""
    base = tar(
        {"var/lib/dpkg/status": b"old", "usr/lib/os-release": DEBIAN, "lib/apk/db/installed": APK},
        links={"etc/os-release": "../usr/lib/os-release"},
    )
    above = tar({"./var/lib/dpkg/status": DPKG, "lib/apk/db/.wh.installed": b""})
    image = layout(tmp_path, layers=(base, above))
    found = layers.files(image, packages.WANTED)
    assert found == {"var/lib/dpkg/status": DPKG, "usr/lib/os-release": DEBIAN}


@pytest.mark.parametrize("mark", ["var/lib/dpkg/.wh..wh..opq", "var/lib/.wh.dpkg", ".wh.var", ".wh..wh..opq"])
def test_a_folder_that_is_gone_takes_its_files_along(tmp_path: Path, mark: str) -> None:
    """Whichever whiteout says so; one of another folder does not."""
    base = tar({"var/lib/dpkg/status": DPKG})
    assert layers.files(layout(tmp_path / "one", layers=(base, tar({mark: b""}))), packages.WANTED) == {}
    other = layout(tmp_path / "two", layers=(base, tar({f"opt/{mark}": b"", "var/lib/.wh.dpkg2": b""})))
    assert list(layers.files(other, packages.WANTED)) == ["var/lib/dpkg/status"]


def test_a_layer_that_images_share_is_read_once(tmp_path: Path) -> None:
    """By its digest, and each image sees of it what its own layers leave to see."""
    base = tar({"var/lib/dpkg/status": DPKG, "usr/lib/os-release": DEBIAN, "shared": b"by two"})
    one = layout(tmp_path / "one", layers=(base,))
    assert layers.files(one, packages.WANTED) == {"var/lib/dpkg/status": DPKG, "usr/lib/os-release": DEBIAN}
    two = layout(tmp_path / "two", layers=(base, tar({"var/lib/dpkg/.wh.status": b""})))
    two.blob(two.manifest().layers[0].digest).unlink()
    assert layers.files(two, packages.WANTED) == {"usr/lib/os-release": DEBIAN}


def test_a_layer_that_is_no_tar_is_told(tmp_path: Path) -> None:
    """With its digest."""
    with pytest.raises(RegistryError, match="layer that cannot be read"):
        layers.files(layout(tmp_path, layers=(b"not a tar" * 200,)), packages.WANTED)


def test_dpkg_tells_what_is_installed() -> None:
    """Removed packages are not; the source package is known, and its version where that is another."""
    found = packages.installed({"var/lib/dpkg/status": DPKG, "etc/os-release": DEBIAN})
    version = "8.14.1-2+deb13u1"
    assert found.packages == (
        Package("curl", version, "amd64", "deb"),
        Package("libcurl4t64", version, "amd64", "deb", "curl", source_version="8.14.1-2"),
    )
    assert found.packages[0].url("debian", "13") == f"pkg:deb/debian/curl@{version}?arch=amd64&distro=debian-13"


def test_apk_tells_what_is_installed() -> None:
    """With the licence that the package names."""
    found = packages.installed({"usr/lib/apk/db/installed": APK, "etc/os-release": b"ID=alpine\nVERSION_ID=3.22.1\n"})
    assert (found.distro, found.release) == ("alpine", "3.22.1")
    assert found.packages[0] == Package("busybox", "1.37.0-r12", "x86_64", "apk", "busybox", "GPL-2.0-only")
    assert [each.name for each in found.packages] == ["busybox", "ssl_client"]


def _header(tags: dict[int, str | int]) -> bytes:
    """An rpm header: an index of big-endian entries, then the data."""
    index, data = b"", b""
    for tag, value in tags.items():
        if isinstance(value, int):
            data += b"\0" * (-len(data) % 4)
        index += struct.pack(">IIII", tag, 4 if isinstance(value, int) else 6, len(data), 1)
        data += struct.pack(">I", value) if isinstance(value, int) else value.encode() + b"\0"
    return struct.pack(">II", len(tags), len(data)) + index + data


def test_rpm_tells_what_is_installed(tmp_path: Path) -> None:
    """Keys that rpm keeps among the packages are none; an epoch is part of the version."""
    rows: list[dict[int, str | int]] = [
        {1000: "bash", 1001: "5.3.0", 1002: "2.fc44", 1014: "GPL-3.0-or-later", 1022: "x86_64"},
        {1000: "bind-libs", 1001: "9.18", 1002: "1.fc44", 1003: 32, 1022: "x86_64", 1044: "bind-9.18-1.fc44.src.rpm"},
        {1000: "gpg-pubkey", 1001: "1", 1002: "2"},
    ]
    with closing(sqlite3.connect(tmp_path / "db")) as database:
        database.execute("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB)")
        database.executemany("INSERT INTO Packages (blob) VALUES (?)", [(_header(row),) for row in rows])
        database.commit()
    found = packages.installed({"usr/lib/sysimage/rpm/rpmdb.sqlite": (tmp_path / "db").read_bytes()})
    assert found.packages == (
        Package("bash", "5.3.0-2.fc44", "x86_64", "rpm", "", "GPL-3.0-or-later"),
        Package("bind-libs", "32:9.18-1.fc44", "x86_64", "rpm", "bind"),
    )
    assert found.packages[1].url("fedora", "44").endswith("bind-libs@9.18-1.fc44?arch=x86_64&distro=fedora-44&epoch=32")


@pytest.mark.parametrize("data", [b"", b"not a database" * 100])
def test_what_is_no_rpm_database_is_told(data: bytes) -> None:
    """It is an error, not an image without packages."""
    with pytest.raises(RegistryError, match="not an rpm database"):
        packages.installed({"var/lib/rpm/rpmdb.sqlite": data})


def test_the_document_names_image_packages_and_payload() -> None:
    """Equal images give equal documents; every package is contained in the image, each under an identifier of its own."""
    found = packages.installed({"var/lib/dpkg/status": DPKG, "etc/os-release": DEBIAN})
    payload = sbom.Payload("node", "22.11.0", "https://nodejs.org/x.tar.xz", "sha256", "ab" * 32)
    name, digest = "balenalib/amd64-debian-node:22.11.0-trixie-run", "sha256:" + "cd" * 32
    made = sbom.document(name, digest, found, [payload], NOW, "base-image-watcher-0.1.0")
    assert made == sbom.document(name, digest, found, [payload], NOW, "base-image-watcher-0.1.0")
    assert made["creationInfo"]["created"] == "2026-11-24T12:00:00Z"
    image, curl, _, node = made["packages"]
    assert image["checksums"] == [{"algorithm": "SHA256", "checksumValue": "cd" * 32}]
    assert curl["externalRefs"][0]["referenceLocator"].startswith("pkg:deb/debian/curl@8.14.1-2+deb13u1")
    assert node["checksums"] == [{"algorithm": "SHA256", "checksumValue": "ab" * 32}]
    assert node["downloadLocation"] == "https://nodejs.org/x.tar.xz"
    identifiers = [row["SPDXID"] for row in made["packages"]]
    assert len(set(identifiers)) == 4
    related = {row["relatedSpdxElement"] for row in made["relationships"] if row["relationshipType"] == "CONTAINS"}
    assert related == set(identifiers[1:])
