"""A world of a distro: Debian's archive and Docker Hub on loopback, with real heads of suites signed by a key made here."""

from __future__ import annotations

import gzip
import hashlib
import lzma
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from generator.catalogue import builtin, load
from state.store.contents import Content
from tests.sources.signed_suites import HERE, MADE, release, sign
from tests.upstream import Upstream
from tests.upstream.layout import write
from tests.upstream.registry import Registry
from tests.upstream.signer import Signer
from tests.world import World
from watcher import workspace
from watcher.app import App
from watcher.cli.sync import document
from watcher.refresh import read_main
from watcher.render import differences, generated
from watcher.sync import Report, sync

DAY = datetime(2026, 11, 22, 9, tzinfo=UTC)
STATES = {"bookworm": "12.8", "trixie": "13.1"}
PACKAGES = {"openssl": "3.0.14-1~deb12u2", "curl": "7.88.1-10+deb12u7", "linux": "6.1.115-1"}
VENDOR = "CF8A1AF502A2AA2D763BAE7E82B129927FA3303E"
"""Raspberry Pi's key, in whose place the tests have one of their own."""

CSV = (HERE / "debian" / "debian.csv").read_text()


def stanza(source: str, version: str) -> str:
    """A package of a source, as a list names it."""
    package = {"openssl": "libssl-dev", "linux": "linux-image-amd64"}.get(source, source)
    return f"Package: {package}\nSource: {source}\nArchitecture: amd64\nVersion: {version}\nPriority: optional\n"


@dataclass
class DistroWorld(World):
    """``versions`` are the point releases that the suites state, ``packages`` what the security archive has.

    ``updates`` is what that of other updates has as of ``updated``: it is there once it has something. ``vendor`` signs Raspberry Pi's archive, which is as of ``vended`` and has ``vends`` in version ``raspi``.
    """

    registry: Registry = field(default_factory=Registry)
    signer: Signer = field(default_factory=lambda: Signer(MADE))
    versions: dict[str, str] = field(default_factory=lambda: dict(STATES))
    packages: dict[str, str] = field(default_factory=lambda: dict(PACKAGES))
    updates: dict[str, str] = field(default_factory=dict)
    updated: str = "Mon, 23 Nov 2026 02:14:46 UTC"
    csv: str = CSV
    released: str = "Sat, 09 Nov 2024 10:12:59 UTC"
    secured: str = "Sat, 21 Nov 2026 00:53:03 UTC"
    vendor: Signer = field(default_factory=lambda: Signer(MADE, name="Vendor <vendor@test.invalid>"))
    vended: str = "Fri, 20 Nov 2026 10:00:00 UTC"
    vends: str = "raspi-utils"
    raspi: str = "20261103-1"

    @classmethod
    def of(cls, folder: Path, upstream: Upstream, registry: Registry) -> DistroWorld:
        """A workspace with one device on the day of the fixtures; every base image is in the registry."""
        workspace.make(folder / "ws", ["raspberrypi3"], DAY)
        world = cls(folder, upstream, registry=registry)
        vendor = "catalogue/keys/raspberrypi.asc"
        made = workspace.contents(["raspberrypi3"])
        ours = {made[vendor]: world.vendor.public(), VENDOR: world.vendor.fingerprint}
        world.edit({path: new for path, text in made.items() if (new := _replaced(text, ours)) != text})
        world.signer.install(folder / "ws" / "var" / "keys" / "debian")
        world.start()
        return world

    @classmethod
    def copy(cls, folder: Path, upstream: Upstream, registry: Registry, other: DistroWorld) -> DistroWorld:
        """Another world's workspace as it is, with upstreams of its own."""
        shutil.copytree(other.folder / "ws", folder / "ws")
        world = cls(folder, upstream, registry=registry, signer=other.signer, vendor=other.vendor)
        world.start()
        return world

    def start(self) -> None:
        """Let upstreams be as on the day of the fixtures."""
        rows = load({path: text.encode() for path, text in builtin().items()})
        for line in rows.distros["debian"].lines:
            for reference in line.bases.values():
                self.registry.tags[reference.removeprefix("docker.io/")] = digest(reference)
        self.serve()
        self.day(DAY)

    def serve(self) -> None:
        """Serve the archive as the fields say it is."""
        shutil.rmtree(self.served, ignore_errors=True)
        write(self.served / "debian.pages.debian.net/distro-info-data/debian.csv", self.csv.encode())
        for suite, version in self.versions.items():
            head = release("trixie", Codename=suite, Version=version, Date=self.released)
            if suite == "bookworm":
                head = release("bookworm", Version=version, Date=self.released)
            self._suite("debian", suite, head)
            name = f"{suite}-security"
            like = "bookworm-security" if suite == "bookworm" else "trixie-security"
            until = "Sat, 28 Nov 2036 00:53:03 UTC"
            text = release(like, Codename=name, Version=version.split(".")[0], Date=self.secured, Valid_Until=until)
            self._suite("debian-security", name, text + self._packages("debian-security", name, self.packages))
            if self.updates:
                name = f"{suite}-updates"
                text = release("trixie", Codename=name, Date=self.updated)
                self._suite("debian", name, text + self._packages("debian", name, self.updates))
            self._vendor(suite)

    def _vendor(self, suite: str) -> None:
        """Serve a vendor's archive, which has no lists by their digests, and packs them otherwise."""
        place = self.served / "archive.raspberrypi.com/debian/dists" / suite
        body = gzip.compress(stanza(self.vends, self.raspi).encode(), mtime=0)
        head = f"Origin: Raspberry Pi Foundation\nSuite: {suite}\nDate: {self.vended}\nSHA256:\n"
        for path in ("main/binary-armhf/Packages.gz", "main/binary-arm64/Packages.gz"):
            write(place / path, body)
            head += f" {hashlib.sha256(body).hexdigest()} {len(body)} {path}\n"
        write(place / "InRelease", sign(head, self.vendor, when=DAY))

    def _suite(self, archive: str, suite: str, head: str) -> None:
        place = self.served / "ftp.debian.org" / archive / "dists" / suite
        write(place / "InRelease", sign(head, self.signer, when=DAY))

    def _packages(self, archive: str, suite: str, packages: Mapping[str, str]) -> str:
        """Write the list of packages, and return the field that names its digest."""
        body = lzma.compress("\n".join(stanza(*each) for each in packages.items()).encode())
        sha256 = hashlib.sha256(body).hexdigest()
        folder = self.served / "ftp.debian.org" / archive / "dists" / suite / "main/binary-amd64"
        write(folder / "by-hash/SHA256" / sha256, body)
        return f"SHA256:\n {sha256} {len(body)} main/binary-amd64/Packages.xz\n"

    def _settings(self) -> None:
        """Lead to the registry too."""
        super()._settings()
        mirrors = "\n".join(f'"{official}" = "{url}"' for official, url in self.registry.mirrors().items())
        with self.config_file.open("a") as file:
            file.write(mirrors + "\n")

    def consistent(self) -> None:
        """What is generated is what the catalogue says: the images repository's own check passes."""

        async def job(app: App) -> list[tuple[str, str]]:
            found = await read_main(app)
            return differences(found, generated(found))

        assert self.run(job) == []

    def built(self, line: str, linux: str) -> None:
        """Let the watcher have built an image of *line* that has this version of linux's."""

        async def job(app: App) -> None:
            package = Content("linux-image-amd64", "linux", linux)
            app.store.builds.contents.save("debian", line, f"amd64/debian/{line}/run", [package])

        self.run(job)

    def look(self, name: str = "debian") -> Report:
        """Run ``watcher sync debian``."""
        return self.run(lambda app: sync(app, [name]))

    def seen(self, name: str = "debian") -> dict[str, Any]:
        """The same with ``--json``."""
        return document(self.look(name))

    def titles(self) -> list[str]:
        """The titles of the pull requests that a run opened or updated."""
        return [pull.title for pull in self.look().pulls]


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text


def digest(text: str) -> str:
    """A digest that only *text* decides."""
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
