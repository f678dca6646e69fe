"""Which images there are, and what each stands on."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from generator import catalogue, matrix
from generator.names import canonical
from state.model import Arch, Platform
from tests.generator.family import DAY, family, find, late

FAMILY = family()
IMAGES = matrix.images(FAMILY)


def test_few_files_and_builds_stand_for_many_images() -> None:
    """145 devices cost a label each: of more than 11,000 images fewer than a thousand are built, from some 500 files."""
    kinds = Counter(image.kind for image in IMAGES)
    assert len(IMAGES) > 11_000
    assert len({image.dockerfile for image in IMAGES}) < 600
    assert sum(n for kind, n in kinds.items() if not kind.endswith("-device")) < 1000


def test_a_patch_release_of_node_changes_few_files() -> None:
    """The line with most platforms is 62 Dockerfiles for 2,500 images: a forge can show that."""
    images = matrix.images_of(FAMILY, "node", "22")
    assert len({image.dockerfile for image in images}) == 62
    assert len(images) > 2500


def test_every_image_comes_after_what_it_stands_on() -> None:
    """The order of the images is an order to build them in; only upstream's images are not ours."""
    seen: set[str] = set()
    for image in IMAGES:
        made = image.kind == "os-arch" and image.distro == "raspbian"
        upstream = image.kind == "os-root" or (image.kind == "os-arch" and image.variant == "run" and not made)
        assert (image.base in seen) != upstream
        seen.add(canonical(FAMILY, image))


def test_no_image_is_there_twice() -> None:
    """A canonical name is one image: a class image is its canonical device's, too."""
    assert len({canonical(FAMILY, image) for image in IMAGES}) == len(IMAGES)


def test_paths_say_where_an_image_belongs() -> None:
    """A class has its own Dockerfile for the OS; a stack has one per architecture and line, never per patch."""
    core = find(IMAGES, kind="os-class", hw="up-board", distro_version="trixie", variant="run")
    assert core.dockerfile == "balena-base-images/device-base/up-board/debian/trixie/run/Dockerfile"
    pi = find(IMAGES, kind="os-arch", arch=Arch.ARMV6, distro="alpine", distro_version="3.24", variant="build")
    assert pi.dockerfile == "balena-base-images/rpi/alpine/3.24/build/Dockerfile"
    assert pi.base == "balenalib/rpi-alpine:3.24-run"
    for hw in ("amd64", "up-board", "up-core"):
        node = find(IMAGES, hw=hw, stack_line="24", distro_version="trixie", variant="run")
        assert node.dockerfile == "balena-base-images/node/amd64/debian/trixie/24/run/Dockerfile"


def test_a_stack_stands_on_the_os_image_of_its_own_hardware() -> None:
    """The one Dockerfile is built on the architecture's image and on each class's; a device stands on its class."""
    where = {"stack_line": "24", "distro_version": "trixie", "variant": "build"}
    assert find(IMAGES, hw="amd64", **where).base == "balenalib/amd64-debian:trixie-build"
    assert find(IMAGES, hw="up-board", **where).base == "balenalib/up-board-debian:trixie-build"
    assert find(IMAGES, hw="up-core", **where).base == "balenalib/up-board-debian-node:24.8.1-trixie-build"


def test_where_its_class_is_not_a_device_stands_on_the_generic_one() -> None:
    """An UP Board has its vendor's parts on Debian, and is a generic PC on Fedora."""
    on_debian = find(IMAGES, hw="up-board", distro_version="trixie", variant="run", stack=None)
    on_fedora = find(IMAGES, hw="up-board", distro_version="44", variant="run", stack=None)
    assert (on_debian.kind, on_fedora.kind) == ("os-class", "os-device")
    assert on_fedora.base == "balenalib/generic-amd64-fedora:44-run"


def test_without_devices_there_are_no_classes() -> None:
    """Nobody builds a class that no device stands on."""
    assert {image.kind for image in matrix.images(family([]))} == {"os-root", "os-arch", "stack-arch"}


def test_a_class_is_built_for_its_devices_even_if_the_canonical_one_is_not_chosen() -> None:
    """A family of only the UP Core still needs the class that it is a relabel of."""
    images = matrix.images(family(["up-core"], lines=[]))
    found = {(i.kind, i.hw, i.distro) for i in images if not i.kind.endswith("arch")}
    assert ("os-class", "up-board", "debian") in found
    assert ("os-device", "up-core", "debian") in found
    assert ("os-device", "up-board", "fedora") not in found


def test_a_device_without_images_has_none() -> None:
    """A Quark board cannot run any of these."""
    assert not [image for image in IMAGES if image.hw == "iot2000"]


def test_a_stack_is_there_where_a_file_is_recorded() -> None:
    """A platform without a file has no image, whatever the policy says."""
    rows = FAMILY.releases["node", "24"]
    fewer = replace(rows, artifacts=tuple(a for a in rows.artifacts if a.libc == "glibc"))
    images = matrix.images_of(catalogue.with_release(FAMILY, fewer), "node", "24")
    assert {image.distro for image in images} == {"debian", "ubuntu", "fedora"}
    assert matrix.images_of(FAMILY, "node", "20") == []


def test_a_late_platform_keeps_its_older_version() -> None:
    """Its images say the version of the file that is in them."""
    images = matrix.images_of(late(FAMILY, "22", Platform(Arch.ARMV6, "glibc"), "22.23.1"), "node", "22")
    versions = {(image.arch, image.stack_version) for image in images}
    assert versions == {(a, "22.23.1" if a == Arch.ARMV6 else "22.23.2") for a in Arch if a not in ("armv5e", "i386")}


def test_a_platform_that_no_distro_holds_is_not_waited_for() -> None:
    """Without Alpine nobody wants musl binaries, and the reason says so."""
    rows = replace(FAMILY, distros={name: d for name, d in FAMILY.distros.items() if name != "alpine"})
    musl = Platform(Arch.AMD64, "musl")
    assert musl not in matrix.wanted(rows, "node", "24")
    assert dict(matrix.absent(rows, "node", "24"))[musl] == "no distro here has amd64/musl"


def test_a_line_without_a_number_is_served_only_without_bounds() -> None:
    """Bounds are numbers: a line that has none is outside them."""
    assert Platform(Arch.ARMV7HF, "glibc") not in matrix.wanted(FAMILY, "node", "nightly")
    assert Platform(Arch.AMD64, "glibc") in matrix.wanted(FAMILY, "node", "nightly")


def test_a_pinned_base_is_built_from_by_digest() -> None:
    """Where a digest was seen, the base is that and not whatever the tag means today."""
    debian = FAMILY.distros["debian"]
    digest = f"sha256:{DAY:%Y%m%d}".ljust(71, "0")
    lines = tuple(replace(line, digests={Arch.AMD64: digest}) for line in debian.lines)
    rows = replace(FAMILY, distros={**FAMILY.distros, "debian": replace(debian, lines=lines)})
    image = find(matrix.images(rows), kind="os-arch", hw="amd64", distro_version="sid", variant="run")
    assert image.base == f"docker.io/library/debian:sid-slim@{digest}"


def test_a_render_needs_exactly_the_images_with_a_dockerfile_of_their_own() -> None:
    """The short list is what is left of the long one without devices and without a stack's classes."""
    rows = family(["raspberrypi3", "intel-nuc"], ["22", "24"])
    kinds = ("os-root", "os-arch", "os-class", "stack-arch")
    assert matrix.with_dockerfile(rows) == [i for i in matrix.images(rows) if i.kind in kinds]
