"""Builds with buildah, as root and without a daemon: the Dockerfiles are plain enough for any engine."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


class NoEngineError(Exception):
    """Something that the builds need is not on this machine."""


def need(program: str) -> str:
    """Return the path of *program*; there is no test without it, so its absence is an error."""
    found = shutil.which(program)
    if found is None:
        raise NoEngineError(f"{program} is not installed")
    return found


def output(*command: str | Path, folder: Path | None = None) -> str:
    """Run a command and return what it printed; its errors are part of ours."""
    done = subprocess.run(list(map(str, command)), cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        shown = (done.stdout + done.stderr)[-4000:]
        raise AssertionError(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{shown}")
    return done.stdout


class Engine:
    """One store of images. The network is the machine's own, since mirror and servers are on loopback."""

    def __init__(self, folder: Path) -> None:
        """Keep the images below *folder*; ``store`` is the command, to which it is added what to do."""
        store = folder / "store"
        self.store = [need("buildah"), "--root", str(store), "--runroot", str(store) + "-run"]

    def base(self, archive: Path, name: str) -> None:
        """Make an image out of a root file system, if there is none of that name."""
        if name in output(*self.store, "images", "--format", "{{.Name}}:{{.Tag}}").split():
            return
        container = output(*self.store, "from", "scratch").strip()
        output(*self.store, "add", container, archive, "/")
        output(*self.store, "commit", "--quiet", container, name)
        output(*self.store, "rm", container)

    def build(self, context: Path, dockerfile: str, name: str, arguments: Mapping[str, str]) -> None:
        """Build a Dockerfile of the context; layers are kept, so what did not change takes no time."""
        output(*self.command(context, dockerfile, name, arguments))

    def command(self, context: Path, dockerfile: str, name: str, arguments: Mapping[str, str]) -> list[str | Path]:
        """Return the command that builds it."""
        options = ["--isolation", "chroot", "--network", "host", "--pull=false", "--layers", "--format", "docker"]
        given = [part for key, value in arguments.items() for part in ("--build-arg", f"{key}={value}")]
        return [*self.store, "build", *options, *given, "-t", name, "-f", context / dockerfile, context]

    def run(self, name: str, *command: str, folder: Path | None = None) -> str:
        """Run a command in a fresh container, with *folder* as ``/smoke``, and return what it printed."""
        container = output(*self.store, "from", "--pull=false", name).strip()
        bind = ["-v", f"{folder}:/smoke:ro"] if folder else []
        try:
            return output(
                *self.store, "run", "--isolation", "chroot", "--network", "host", *bind, container, "--", *command
            )
        finally:
            output(*self.store, "rm", container)

    def export(self, name: str, archive: Path) -> None:
        """Write an image, its settings included, to a file that another store can pull."""
        output(*self.store, "push", "--quiet", name, f"oci-archive:{archive}:{name}")

    @contextmanager
    def mounted(self, name: str) -> Iterator[Path]:
        """Give the root of a fresh container of *name* as a folder."""
        container = output(*self.store, "from", "--pull=false", name).strip()
        try:
            yield Path(output(*self.store, "mount", container).strip())
        finally:
            output(*self.store, "rm", container)
