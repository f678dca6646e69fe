"""What a merged change sets in motion."""

from __future__ import annotations

from collections import Counter

from generator import builds, matrix, tags
from generator.builds import BuildStep
from tests.generator.family import DAY, family

FAMILY = family()
ROOT = "balena-base-images"


def _plan(*paths: str) -> list[BuildStep]:
    return builds.plan(FAMILY, [f"{ROOT}/{path}/Dockerfile" for path in paths], DAY)


def test_a_stack_is_built_on_its_architecture_then_on_each_class_then_relabelled() -> None:
    """One Dockerfile: one build, one more for each class, and all devices relabelled."""
    steps = _plan("node/amd64/debian/trixie/24/run")
    assert [(s.kind, s.image.hw) for s in steps[:3]] == [
        ("build", "amd64"), ("build", "generic-amd64"), ("build", "up-board"),
    ]  # fmt: skip
    assert {s.kind for s in steps[3:]} == {"relabel"}
    assert len(steps) == 1 + len({d for d in FAMILY.devices if FAMILY.devices[d].arch == "amd64"})


def test_a_step_says_all_that_a_builder_needs() -> None:
    """Platform, base, moving names and the dated one."""
    step = _plan("node/armv7hf/alpine/3.24/22/run", "node/armv7hf/debian/trixie/22/run")[0]
    assert step.platform == "linux/arm/v7"
    assert step.base == "balenalib/armv7hf-debian:trixie-run"
    assert "balenalib/armv7hf-node:22" in step.tags
    assert step.dated_tags == ("balenalib/armv7hf-debian-node:22.23.2-trixie-run-20261122",)
    assert step.document() == {
        "name": "balenalib/armv7hf-debian-node:22.23.2-trixie-run",
        "platform": "linux/arm/v7",
        "dockerfile": f"{ROOT}/node/armv7hf/debian/trixie/22/run/Dockerfile",
        "base": "balenalib/armv7hf-debian:trixie-run",
        "tags": list(step.tags),
        "dated_tags": list(step.dated_tags),
        "kind": "build",
        "reason": "node 22.23.2",
    }


def test_a_changed_os_pulls_in_all_that_stands_on_it() -> None:
    """Its build variant, its classes, their stacks and every device; nothing of another version."""
    steps = _plan("amd64/debian/trixie/run")
    assert {s.image.distro_version for s in steps} == {"trixie"}
    assert {s.image.variant for s in steps} == {"run", "build"}
    assert {s.image.stack_line for s in steps} == {None, "22", "24", "26"}
    expected = [i for i in matrix.images(FAMILY) if (i.arch, i.distro_version) == ("amd64", "trixie")]
    assert len(steps) == len(expected)


def test_a_changed_build_variant_leaves_the_run_variant_alone() -> None:
    """The run image does not stand on it."""
    assert {s.image.variant for s in _plan("amd64/debian/trixie/build")} == {"build"}


def test_a_changed_class_rebuilds_its_stacks_and_no_other_class() -> None:
    """What stands on the class is built anew; the architecture's image is not touched."""
    steps = _plan("device-base/up-board/debian/trixie/run")
    assert {s.image.hw for s in steps} == {"up-board", "up-core", "up-core-plus", "up-squared"}
    assert Counter(s.kind for s in steps) == {"build": 4, "relabel": 12}


def test_the_order_is_that_of_the_layers_and_bases_come_first() -> None:
    """All builds before all relabels, and nothing before what it stands on."""
    steps = builds.plan(FAMILY, {i.dockerfile for i in matrix.images(FAMILY)}, DAY)
    kinds = list(dict.fromkeys(s.image.kind for s in steps))
    assert kinds == ["os-root", "os-arch", "os-class", "stack-arch", "stack-class", "os-device", "stack-device"]
    place = {tags.name(FAMILY, s.image): n for n, s in enumerate(steps)}
    assert len(place) == len(steps) == len(matrix.images(FAMILY))
    assert all(place.get(s.base, -1) < n for n, s in enumerate(steps))


def test_the_device_that_a_class_is_named_after_is_not_relabelled() -> None:
    """The class image is that device's image."""
    steps = _plan("device-base/raspberrypi3/debian/trixie/run")
    others = ["fincm3", "raspberry-pi2", "revpi-connect", "revpi-core-3"]
    assert [(s.kind, s.image.hw) for s in steps if s.image.stack is None] == [
        ("build", "raspberrypi3"), *(("relabel", slug) for slug in others),
    ]  # fmt: skip


def test_a_path_that_makes_no_image_sets_nothing_in_motion() -> None:
    """A removed Dockerfile, the page and the catalogue are not built."""
    assert builds.plan(FAMILY, ["docs/base-images.md", f"{ROOT}/node/amd64/debian/trixie/20/run/Dockerfile"], DAY) == []
