"""What device classes put on top of their architecture: something of their own each, or nothing at all."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest

from generator import catalogue, dockerfile, matrix, plan
from generator.device_rows import Device
from generator.explain import because
from generator.rows import Catalogue
from state.errors import CatalogueError
from tests.generator.family import family, files, find
from tests.generator.linting import complaints

ROWS = family([], lines=[])
ALL = catalogue.load(files())
FINGERPRINT = "A" * 40
JETSON = "jetson-agx-orin-devkit"
BARE = re.compile(r"^#.*\n|.*'Device class: .*\n", re.MULTILINE)


def with_key(rows: Catalogue, name: str) -> Catalogue:
    """The catalogue once somebody put the key of an archive into it."""
    there = replace(rows.archives[name], absent="", fingerprint=FINGERPRINT, url="https://archive.test/debian/")
    if rows.archives[name].url:
        there = replace(there, url=rows.archives[name].url)
    return replace(rows, archives={**rows.archives, name: there}, keys={**rows.keys, name: "a key"})


def text(rows: Catalogue, hw: str, distro: str, codename: str) -> str:
    """The Dockerfile of a class, run."""
    images = matrix.with_dockerfile(rows)
    place = {"hw": hw, "distro": distro, "distro_version": codename, "variant": "run"}
    return dockerfile.render(rows, find(images, kind="os-class", **place))


def test_each_class_does_something_of_its_own() -> None:
    """No two Dockerfiles of one cell come out with the same instructions, whatever their comments say."""
    images = [i for i in matrix.with_dockerfile(ALL) if i.kind == "os-class"]
    for one, other in combinations(images, 2):
        if (one.arch, one.distro_version, one.variant) == (other.arch, other.distro_version, other.variant):
            texts = [BARE.sub("", dockerfile.render(ALL, image)) for image in (one, other)]
            assert texts[0] != texts[1], (one.hw, other.hw, one.distro_version)


def test_two_classes_of_one_text_are_refused() -> None:
    """Each would be built and kept up to date for nothing; both are named."""
    row = replace(ALL.classes["raspberrypi3"], name="revpi-core-3", title="Revolution Pi Core 3")
    rows = replace(ALL, classes={**ALL.classes, row.name: row}, devices=moved("revpi-core-3"))
    with pytest.raises(
        CatalogueError, match=r"classes\.revpi-core-3: does on debian bookworm just what raspberrypi3 does"
    ):
        plan.rendered(rows)


def test_what_differs_in_the_table_alone_is_no_difference() -> None:
    """Two archives that are not there yet make two comments, and the same image."""
    packages = {"debian": ("gpiod",)}
    classes = {name: replace(ALL.classes[name], packages=packages) for name in ("jetson-nano", "jetson-tx2")}
    with pytest.raises(
        CatalogueError, match=r"classes\.jetson-tx2: does on debian bookworm just what jetson-nano does"
    ):
        plan.rendered(replace(ALL, classes={**ALL.classes, **classes}))


def moved(slug: str) -> dict[str, Device]:
    """The devices, with one in a class of its own name."""
    return {**ALL.devices, slug: replace(ALL.devices[slug], device_class=slug)}


@pytest.mark.parametrize("slug", ["jetson-nano", JETSON, "coral-dev"])
def test_a_class_that_awaits_a_key_is_not_there_yet(slug: str) -> None:
    """Its devices are the generic class meanwhile, and the reason is told."""
    images = matrix.images(ALL)
    found = find(images, hw=slug, stack=None, distro="debian", distro_version="trixie", variant="run")
    assert found.base == "balenalib/generic-aarch64-debian:trixie-run"
    assert not [image for image in images if image.kind == "os-class" and image.hw == slug]
    [*_, why] = because(ALL, found)
    assert re.fullmatch(
        rf"its own class, {slug}, would be the packages of [\w ]+: .* not in this repository|.*neither.*", why
    )
    assert (
        f"not yet, {ALL.archives[ALL.classes[slug].archives['debian']].absent}"
        in plan.rendered(ALL)["docs/base-images.md"]
    )


@pytest.mark.parametrize("distro", ["debian", "ubuntu"])
def test_with_nvidias_key_a_jetson_has_its_own_layer(distro: str, tmp_path: Path) -> None:
    """Both archives, signed by that key and pinned below the distro's own; the core of L4T, which installs without a board."""
    rows = with_key(ALL, "jetson-t234")
    codename = rows.distros[distro].default
    made = text(rows, JETSON, distro, codename)
    assert "COPY keys/jetson-t234.asc /usr/share/keyrings/jetson-t234-archive.asc\n" in made
    common = "https://repo.download.nvidia.com/jetson/common/"
    assert f"'URIs: https://repo.download.nvidia.com/jetson/t234/ {common}'" in made
    assert "'Suites: r36.3'" in made
    assert made.index("Pin-Priority: 100") < made.index("install_packages")
    assert made.index(".nv-l4t-disable-boot-fw-update-in-preinstall") < made.index("install_packages")
    assert "\n        nvidia-l4t-core \\\n" in made
    assert complaints(tmp_path, [made]) == ""
    assert "raspi" not in made
    plan.rendered(rows)
    others = {image.hw for image in matrix.with_dockerfile(rows) if image.kind == "os-class"}
    assert JETSON in others
    assert "jetson-nano" not in others  # another chip's archive, another key


def test_with_its_key_a_coral_has_the_library_of_its_processor() -> None:
    """Its layer is what the table says and nothing else."""
    made = text(with_key(ALL, "coral"), "coral-dev", "debian", "trixie")
    assert "'Suites: coral-edgetpu-stable'" in made
    assert "\n        libedgetpu1-std \\\n" in made


def test_a_beaglebone_is_worth_its_class_without_a_key() -> None:
    """Its tools are Debian's; that the vendor's archive is missing, and where it is, is said."""
    made = text(ALL, "beaglebone-black", "debian", "trixie")
    assert "\n        device-tree-compiler \\\n        gpiod \\\n" in made
    assert "# Without the packages of BeagleBoard: its key is not in this repository.\n" in made
    assert "# They are in the suite trixie of https://repos.rcn-ee.com/debian/.\n" in made
    keyed = text(with_key(ALL, "beagleboard"), "beaglebone-black", "debian", "trixie")
    assert "'URIs: https://repos.rcn-ee.com/debian/'" in keyed


def test_what_has_a_raspberry_pi_in_it_is_one() -> None:
    """Boards around a processor or a module of Raspberry Pi are in its classes: 5, Fin, RevPi, UniPi."""
    for slug in ("raspberrypi5", "revpi-connect-4", "raspberrypi4-unipi-neuron", "raspberrypicm4-ioboard"):
        assert ALL.devices[slug].device_class == "raspberrypi4-64"
    for slug in ("fincm3", "revpi-core-3", "revpi-connect", "raspberry-pi2"):
        assert ALL.devices[slug].device_class == "raspberrypi3"
