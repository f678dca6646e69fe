"""From an image of the catalogue to a built one: what it stands on is built first, down to a root file system."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from generator import cross, matrix
from generator.names import canonical, os_name
from state.model import Image
from tests.images.engine import Engine, NoEngineError
from tests.images.larder import Larder
from tests.images.shop import MIRRORS, World


@dataclass(slots=True)
class Yard:
    """One engine, one build context and one mirror; each image is built once."""

    engine: Engine
    larder: Larder
    world: World
    context: Path
    mirror: str
    _built: set[str] = field(default_factory=set)

    def image(self, place: str) -> Image:
        """Return what stands at *place* in the tree (``golang/amd64/debian/trixie/1.27/run``)."""
        path = f"{matrix.ROOT}/{place}/Dockerfile"
        return next(i for i in matrix.with_dockerfile(self.world.rows) if i.dockerfile == path)

    def build(self, place: str) -> str:
        """Build what stands at *place*; return its name."""
        return self._make(self.image(place))

    def _make(self, image: Image) -> str:
        name = f"docker.io/{canonical(self.world.rows, image)}"
        if name not in self._built:
            arguments = self._below(image)
            self.engine.build(self.context, image.dockerfile.removeprefix(f"{matrix.ROOT}/"), name, arguments)
            self._built.add(name)
        return name

    def _below(self, image: Image) -> dict[str, str]:
        """Make what *image* stands on; return the build arguments that say so."""
        if image.stack is None and image.variant == "run":
            fetched_in = cross.stage_base(self.world.rows, image.arch)
            for base in {image.base, fetched_in} - {""}:
                self._debian(base, image)
            return {}
        below = self._os(image, "run" if image.stack is None else image.variant)
        if image.stack is None:
            return {"BASE": below}
        mirrors = {argument: f"{self.mirror}/{folder}" for argument, folder in MIRRORS.items()}
        return {"BASE": below, "FETCH_BASE": self._os(image, "run"), "PYTHON_PROFILE": "no", **mirrors}

    def _debian(self, base: str, image: Image) -> None:
        """Make an upstream's base image for the architecture of *image*; its name ends with Debian's codename."""
        arch = image.arch.spelling.debian
        codename = base.rpartition(":")[2].removesuffix("-slim")
        if arch is None or image.distro != "debian":
            raise NoEngineError(f"{base} is not Debian: no root file system can be made here")
        self.engine.base(self.larder.rootfs(codename, arch), base)

    def _os(self, image: Image, variant: str) -> str:
        """Make the operating system's image on the same hardware."""
        rows = self.world.rows
        wanted = os_name(rows, image.hw, image.distro, image.distro_version, variant)
        return self._make(next(i for i in matrix.with_dockerfile(rows) if canonical(rows, i) == wanted))
