"""The facts of the built-in catalogue, as upstreams had them in November 2026."""

from __future__ import annotations

from datetime import date

import pytest

from generator import catalogue, matrix
from state.model import Arch, Platform
from tests.generator.family import files

ROWS = catalogue.load(files())
AMD64, AARCH64, ARMV7HF, ARMV6, ARMV5E, I386 = Arch

LINES = {
    ("debian", "bookworm"): {AMD64, AARCH64, ARMV7HF, I386},
    ("debian", "trixie"): {AMD64, AARCH64, ARMV7HF, ARMV5E, I386},
    ("debian", "sid"): {AMD64, AARCH64, ARMV7HF, I386},
    ("raspbian", "bookworm"): {ARMV6},
    ("raspbian", "trixie"): {ARMV6},
    ("ubuntu", "jammy"): {AMD64, AARCH64, ARMV7HF},
    ("ubuntu", "noble"): {AMD64, AARCH64, ARMV7HF},
    ("ubuntu", "resolute"): {AMD64, AARCH64, ARMV7HF},
    ("ubuntu", "stonking"): {AMD64, AARCH64, ARMV7HF},
    ("alpine", "3.22"): {AMD64, AARCH64, ARMV7HF, ARMV6, I386},
    ("alpine", "3.23"): {AMD64, AARCH64, ARMV7HF, ARMV6, I386},
    ("alpine", "3.24"): {AMD64, AARCH64, ARMV7HF, ARMV6, I386},
    ("alpine", "edge"): {AMD64, AARCH64, ARMV7HF, ARMV6, I386},
    ("fedora", "43"): {AMD64, AARCH64},
    ("fedora", "44"): {AMD64, AARCH64},
}


def test_each_distro_serves_what_upstream_serves() -> None:
    """No architecture is there that upstream lacks, none is missing that it has."""
    there = {(d.name, line.codename): set(line.bases) for d in ROWS.distros.values() for line in d.lines}
    assert there == LINES


def test_the_defaults_are_the_newest_stable_ones() -> None:
    """Ubuntu's is its newest LTS, so not its newest."""
    assert {d.name: d.default for d in ROWS.distros.values()} == {
        "debian": "trixie", "raspbian": "trixie", "ubuntu": "resolute", "alpine": "3.24", "fedora": "44",
    }  # fmt: skip


def test_every_line_is_supported_on_the_day_of_the_catalogue() -> None:
    """Nothing that ended is proposed to a new user; only rolling lines and Raspbian have no end."""
    for distro in ROWS.distros.values():
        for line in distro.lines:
            if line.supported_until is None:
                assert line.rolling or distro.name == "raspbian"
            else:
                assert line.supported_until > date(2026, 11, 22)


@pytest.mark.parametrize(
    ("line", "platforms"),
    [
        ("20", "amd64/glibc aarch64/glibc armv7hf/glibc armv6/glibc i386/glibc amd64/musl"),
        ("22", "amd64/glibc aarch64/glibc armv7hf/glibc armv6/glibc amd64/musl"),
        ("24", "amd64/glibc aarch64/glibc amd64/musl aarch64/musl"),
        ("26", "amd64/glibc aarch64/glibc amd64/musl aarch64/musl"),
    ],
)
def test_node_is_wanted_where_it_is_made(line: str, platforms: str) -> None:
    """Official and unofficial builds, line by line; every other platform has its reason."""
    wanted = matrix.wanted(ROWS, "node", line)
    absent = matrix.absent(ROWS, "node", line)
    assert " ".join(str(p) for p in wanted) == platforms
    assert len(wanted) + len(absent) == 12
    assert all(reason for _, reason in absent)


def test_a_reason_says_what_is_the_matter_with_this_line() -> None:
    """32-bit ARM left with Node 24, arm64 musl came with it: both lines are told their own reason."""
    assert "stopped" in dict(matrix.absent(ROWS, "node", "24"))[Platform(ARMV7HF, "glibc")]
    assert "begins with 24" in dict(matrix.absent(ROWS, "node", "22"))[Platform(AARCH64, "musl")]


def test_every_device_is_there_and_has_a_class_or_a_reason() -> None:
    """145 device types; the two Quark boards have no images, and say why."""
    assert len(ROWS.devices) == 145
    assert {d.slug for d in ROWS.devices.values() if d.absent} == {"cybertan-ze250", "iot2000"}


def test_every_class_is_named_after_one_of_its_devices() -> None:
    """The canonical member is a device of that class."""
    for name in ROWS.classes:
        assert ROWS.devices[name].device_class == name


def test_layers_are_those_that_have_a_template() -> None:
    """A layer is a partial of the generator: no other can be rendered."""
    assert {row.layer for row in ROWS.classes.values()} == {"generic", "raspberrypi", "beaglebone", "jetson", "up"}
