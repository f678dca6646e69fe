"""A second upstream beside Node in a test's world: ``toy``, with flavours, and a stack ``toybox`` made of it."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sources.source import Fetch, unsigned
from state.model import Arch, Artifact, Checksum, Offer, Platform, Release, Version
from tests.upstream.layout import write
from tests.world import World
from watcher.sync import Report, sync

HOST = "toy.example"
AMD64, ARM64 = Platform(Arch.AMD64, "glibc"), Platform(Arch.AARCH64, "glibc")
BOTH = (AMD64, ARM64)

_ROW = """
[stacks.toybox]
title = "Toys"
source = "toy"
template = "node"
flavours = ["sdk", "runtime"]
latest = "current"
group = "{group}"
require = ["amd64/glibc"]
allow_missing = [{allowed}]
wait_up_to_hours = 72

[[stacks.toybox.served]]
platform = "amd64/glibc"
upstream = "toy.example"

[[stacks.toybox.served]]
platform = "aarch64/glibc"
upstream = "toy.example"

[stacks.toybox.absent]
{absent}

[stacks.toybox.extra]
mirror = "https://toy.example"
yarn_version = "1.22.22"
yarn_sha256 = "{zeros}"
"""


@dataclass
class Toy:
    """The source: an index, and for each release a signed list of files."""

    NAME: str = "toy"
    DOCUMENTS: Mapping[str, str] = field(default_factory=lambda: {"index": f"https://{HOST}/index.json"})
    asked: list[str] = field(default_factory=list)

    verify = staticmethod(unsigned)

    def more(self, documents: Mapping[str, bytes]) -> Mapping[str, str]:
        """Nothing more."""
        del documents
        return {}

    def releases(self, documents: Mapping[str, bytes]) -> Sequence[Release]:
        """Read the index."""
        return [
            Release(
                "toy",
                each["line"],
                Version(each["version"]),
                date.fromisoformat(each["published"]),
                security=each["security"],
                supported_until=date.fromisoformat(each["until"]),
            )
            for each in json.loads(documents["index"])
        ]

    async def artifacts(self, release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
        """Read the list of one release."""
        folder = f"https://{HOST}/{release.line}/{release.version}"
        self.asked.append(folder)
        listed = json.loads(await fetch.get(f"{folder}/list.json"))
        found = {
            p: Artifact(
                *p, release.version, f"{folder}/{_name(p)}", Checksum("sha256", digest), "signed by me", signed=True
            )
            for p in wanted
            if (digest := listed.get(_name(p)))
        }
        missing = tuple((p, f"{_name(p)} is not listed yet") for p in wanted if p not in found)
        return Offer(tuple(found.values()), missing)

    def links(self, old: str | None, new: str) -> Mapping[str, str]:
        """None."""
        del old, new
        return {}


@dataclass
class Toys:
    """What a test moves: what the toy upstream serves."""

    world: World
    source: Toy
    index: list[dict[str, Any]] = field(default_factory=list)

    def stack(self, *, group: str = "release-set", allowed: Sequence[Platform] = ()) -> None:
        """Let the images repository have a stack of toys, and the settings the upstream."""
        absent = [p for arch in Arch for p in (Platform(arch, "glibc"), Platform(arch, "musl")) if p not in BOTH]
        row = _ROW.format(
            group=group,
            allowed=", ".join(f'"{p}"' for p in allowed),
            absent="\n".join(f'"{p}" = "nobody plays there"' for p in absent),
            zeros="0" * 64,
        )
        self._commit("catalogue/stacks.toml", row)
        self.list()

    def _commit(self, path: str, more: str) -> None:
        """Append to a file of the images repository, as a maintainer would."""
        folder = self.world.folder / "edit"
        me = ("-c", "user.name=me", "-c", "user.email=me@example.org")
        _git("clone", "-q", str(self.world.folder / "ws" / "images.git"), str(folder))
        file = folder / path
        file.write_text(file.read_text() + more)
        _git("-C", str(folder), *me, "commit", "-qam", "Toys")
        _git("-C", str(folder), "push", "-q")

    def list(self) -> None:
        """Serve the index as it is now."""
        write(self.world.served / HOST / "index.json", json.dumps(self.index).encode())
        self.world.settings(self.world.extra)

    def announce(
        self, line: str, version: str, *, day: str = "2024-10-30", security: bool = False, until: str = "2027-01-01"
    ) -> None:
        """Name a release in the index; its files come by :meth:`publish`."""
        entry = {"line": line, "version": version, "published": day, "security": security, "until": until}
        self.index.append(entry)
        self.list()

    def publish(self, line: str, version: str, platforms: Sequence[Platform] = BOTH, text: str = "") -> None:
        """Serve the files of a release and their list."""
        folder, listed = self.world.served / HOST / line / version, {}
        for platform in platforms:
            body = f"{line} {version} {platform} {text}".encode()
            write(folder / _name(platform), body)
            listed[_name(platform)] = hashlib.sha256(body).hexdigest()
        write(folder / "list.json", json.dumps(listed).encode())

    def release(self, line: str, version: str, *, security: bool = False) -> None:
        """Announce and publish."""
        self.announce(line, version, security=security)
        self.publish(line, version)

    def withdraw(self, line: str, version: str) -> None:
        """Take a release back: out of the index, and its files away."""
        self.index = [each for each in self.index if each["version"] != version]
        self.list()
        shutil.rmtree(self.world.served / HOST / line / version)

    def sync(self) -> Report:
        """Run ``watcher sync toy``."""
        return self.world.run(lambda app: sync(app, ["toy"]))

    def later(self, day: datetime) -> Report:
        """Run it on another day."""
        self.world.day(day)
        return self.sync()


def _name(platform: Platform) -> str:
    return f"{platform.arch.value}-{platform.libc}.tar.gz"


def _git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, capture_output=True)
