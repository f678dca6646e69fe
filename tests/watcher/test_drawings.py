"""What a build is known by, where that is not all in its Dockerfile."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from generator import bake, dockerfile, matrix
from generator.names import canonical
from generator.rows import Catalogue
from state.model import Arch, Build, Image
from tests.generator.family import family, find
from tests.generator.test_dockerfile import DIGEST, with_distro
from watcher.drawings import Drawings

ROWS = family(["raspberrypi3"], ["22"])
OTHER = f"sha256:{'e' * 64}"
DEBIAN = "docker.io/arm32v7/debian:trixie-slim"


def _debian(digest: str, snapshot: str) -> Catalogue:
    return with_distro(ROWS, "debian", "trixie", digests={Arch.ARMV7HF: digest}, snapshot=snapshot)


def _image(rows: Catalogue, hw: str, distro: str, stack: str | None = None) -> Image:
    place = {"distro": distro, "distro_version": rows.distros[distro].default, "variant": "run"}
    return find(matrix.images(rows), hw=hw, stack=stack, **place)


def _drawn(rows: Catalogue, image: Image) -> tuple[Drawings, Build]:
    drawings = Drawings("c" * 40, rows, {}, {image.dockerfile: dockerfile.render(rows, image)})
    build = Build(
        plan=1, commit=drawings.commit, name=canonical(rows, image), kind="build", platform=image.arch.oci,
        hw=image.hw, dockerfile=image.dockerfile, base=image.base, day=date(2026, 11, 22),
    )  # fmt: skip
    return drawings, build


def _inputs(rows: Catalogue, image: Image) -> str:
    drawings, build = _drawn(rows, image)
    return drawings.inputs(build, dict.fromkeys(drawings.bases(build).values(), OTHER))


def test_where_the_parts_for_cross_building_come_from_is_pinned_by_the_build(tmp_path: Path) -> None:
    """proot, QEMU and libc are in the image: the Debian that they are of is given by digest, and so is its state."""
    rows = _debian(DIGEST, "20261120T101637Z")
    image = _image(rows, "armv7hf", "alpine")
    drawings, build = _drawn(rows, image)
    given = drawings.order(build, "registry.test", {}, tmp_path / "log").arguments
    assert given == {"CROSS_BASE": f"{DEBIAN}@{DIGEST}", "CROSS_PACKAGES": "20261120T101637Z"}
    text = drawings.dockerfiles[image.dockerfile]
    assert f"\nARG CROSS_BASE={DEBIAN}\nFROM ${{CROSS_BASE}} AS cross\nARG CROSS_PACKAGES\n" in text
    [shard] = bake.shards(rows, [image], "", lambda _: [], {})
    assert [target["args"] for target in shard.targets.values()] == [given]
    unseen, build = _drawn(ROWS, _image(ROWS, "armv7hf", "alpine"))
    assert unseen.order(build, "registry.test", {}, tmp_path / "log").arguments == {}


def test_a_refresh_of_debian_makes_other_images_of_arm_and_no_other_dockerfile() -> None:
    """Another digest or state is another build of an ARM base image, whatever its distro; its text stays."""
    first, second = _debian(DIGEST, "20261120T101637Z"), _debian(OTHER, "20261120T101637Z")
    third = _debian(DIGEST, "20261127T101637Z")
    image = _image(first, "armv7hf", "alpine")
    assert len({_inputs(rows, image) for rows in (first, second, third)}) == 3
    assert dockerfile.render(first, image) == dockerfile.render(third, image)
    for hw, distro, stack in (("amd64", "alpine", None), ("armv7hf", "debian", "node")):
        other = _image(first, hw, distro, stack)
        assert _inputs(first, other) == _inputs(third, other), hw
