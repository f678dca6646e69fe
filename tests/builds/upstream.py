"""nodejs.org on loopback: real programs out of npm's registry, in lists that a test's key signed."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from tests.builds.bases import MACHINES
from tests.images.larder import Larder, pack
from tests.images.shop import packed_yarn, whole_node
from tests.upstream.layout import BUNDLED, OFFICIAL, SCHEDULE, UNOFFICIAL, write
from tests.upstream.signer import Signer

LINE = "20"
YARN = "github.com/yarnpkg"


@dataclass(frozen=True, slots=True)
class Version:
    """A release that npm's registry has for all three architectures: its day, and the npm that came with it."""

    number: str
    day: str
    npm: str

    @property
    def when(self) -> datetime:
        """Noon of its day."""
        return datetime.fromisoformat(f"{self.day}T12:00:00").replace(tzinfo=UTC)


OLDER, NEWER = Version("20.0.0", "2023-04-18", "9.6.4"), Version("20.11.0", "2024-01-09", "10.2.4")


@dataclass(frozen=True, slots=True)
class Node:
    """The folder that is served, the kept files, and who signs."""

    served: Path
    larder: Larder
    signer: Signer

    def begin(self, yarn: str) -> Path:
        """Serve what is there before any release; return yarn's archive."""
        write(self.served / SCHEDULE, (BUNDLED / "schedule.2024-10-29.json").read_bytes())
        write(self.served / UNOFFICIAL / "index.json", b"[]")
        self._list([])
        made = packed_yarn(self.larder, self.larder.folder / "mirror", yarn)
        write(self.served / YARN / "yarn" / "releases" / "download" / f"v{yarn}" / made.name, made.read_bytes())
        return made

    def publish(self, *versions: Version) -> None:
        """Serve these versions, newest last: archives, signed list, index."""
        newest = versions[-1]
        folder = self.served / OFFICIAL / f"v{newest.number}"
        folder.mkdir(parents=True)
        lines = []
        for machine in (machine for machine in MACHINES if machine.node):
            archive = self._pack(newest, machine.node)
            (folder / archive.name).hardlink_to(archive)
            lines.append(f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n")
        write(folder / "SHASUMS256.txt.asc", self.signer.sign("".join(sorted(lines)), newest.when))
        self._list([_entry(version) for version in reversed(versions)])

    def _pack(self, version: Version, node: str) -> Path:
        program = self.larder.npm(f"node-linux-{node}@{version.number}")
        npm = self.larder.npm(f"npm@{version.npm}")
        folder = self.larder.unpacked(program, partial(whole_node, program, npm))
        name = f"node-v{version.number}-linux-{node}"
        return pack(folder, self.larder.folder / "mirror" / "node" / f"v{version.number}" / f"{name}.tar.xz", name)

    def _list(self, entries: list[dict[str, Any]]) -> None:
        write(self.served / OFFICIAL / "index.json", json.dumps(entries).encode())


def _entry(version: Version) -> dict[str, Any]:
    """An entry of the index: https://nodejs.org/dist/index.json."""
    files = ["linux-arm64", "linux-armv7l", "linux-x64"]
    return {"version": f"v{version.number}", "date": version.day, "files": files, "npm": version.npm, "v8": "11.3.244.4",
            "uv": "1.44.2", "zlib": "1.2.13", "openssl": "3.0.8+quic", "modules": "115", "lts": False, "security": False}  # fmt: skip
