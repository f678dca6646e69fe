"""Every cell is present, or absent with its reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from generator import catalogue, matrix, tags
from generator.presence import Presence, presences
from generator.rows import Catalogue
from state.model import Arch, Platform
from tests.generator.family import family, late
from tests.generator.stacks import WHY, with_stacks

ROWS = with_stacks(family())
CELLS = list(presences(ROWS))


def _cell(cells: list[Presence], **fields: object) -> Presence:
    """The one cell with these fields."""
    found = [c for c in cells if all(getattr(c, key) == value for key, value in fields.items())]
    assert len(found) == 1, f"{len(found)} cells have {fields}"
    return found[0]


def _debian(hw: str, stack: str | None, line: str | None, codename: str = "trixie", distro: str = "debian") -> Presence:
    place = {"distro": distro, "distro_version": codename, "variant": "run"}
    return _cell(CELLS, hw=hw, stack=stack, line=line, **place)


def test_what_is_present_is_exactly_what_there_is_an_image_of() -> None:
    """Raspbian's images are present as Debian's too, since they are published under that name; nothing else differs.

    A root file system is for nobody but the image on it.
    """
    there = {cell.name for cell in CELLS if cell.present and cell.reason is None}
    assert there == {tags.name(ROWS, image) for image in matrix.images(ROWS) if image.kind != "os-root"}
    twice = [cell for cell in CELLS if cell.present and cell.reason]
    assert {(cell.arch, cell.distro, cell.reason) for cell in twice} == {
        (Arch.ARMV6, "debian", "is Raspbian GNU/Linux")
    }
    names = tags.Names(ROWS)
    published = {name for image in matrix.images(ROWS) if image.distro == "raspbian" for name in names.tags(image)}
    assert {cell.name for cell in twice} <= published


def test_every_absence_has_a_reason_and_every_cell_a_name_of_its_own() -> None:
    """Nobody has to guess why there is no image."""
    assert all(cell.reason for cell in CELLS if not cell.present)
    assert max(Counter(cell.name for cell in CELLS).values()) == 1
    assert len({cell.hw for cell in CELLS}) == 6 + 1 + len(ROWS.devices)


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        (_debian("iot2000", None, None), "lacks the lock prefix"),
        (_debian("i386-nlp", None, None), "lacks the lock prefix"),
        (_debian("i386-nlp", "node", "22"), "lacks the lock prefix"),
        (_debian("rpi", None, None, "sid"), "Debian's armhf needs an ARMv7"),
        (_debian("amd64", None, None, "trixie", "raspbian"), "built for ARMv6"),
        (_debian("i386", "node", "22"), "the unofficial x86 recipe ended"),
        (_debian("raspberrypi3", "node", "24"), "Node.js stopped publishing armv7l"),
        (_debian("armv5e", "dotnet", "8.0-sdk"), WHY),
        (_debian("i386", "openjdk", "17-jdk"), f"{WHY}; this version has no such package"),
        (_debian("armv5e", None, None, "44", "fedora"), "Fedora has no ARMv5"),
    ],
    ids=lambda value: value.name if isinstance(value, Presence) else "",
)
def test_the_reason_is_the_one_that_counts(cell: Presence, reason: str) -> None:
    """Hardware first, then the distro, then the stack."""
    assert not cell.present
    assert reason in str(cell.reason)


def test_programs_see_the_contract() -> None:
    """The JSON of a cell is what other tools rely on, and no more."""
    assert _debian("i386", "openjdk", "21-jdk").document() == {
        "name": "balenalib/i386-debian-openjdk:21-jdk-trixie-run",
        "hw": "i386",
        "distro": "debian",
        "distro_version": "trixie",
        "stack": "openjdk",
        "stack_version": "21-jdk",
        "variant": "run",
        "present": True,
        "reason": None,
    }


def test_with_nothing_recorded_a_stack_has_one_cell_that_says_what_to_do() -> None:
    """All of its cells have that reason, whatever else is true of them; the version is unknown."""
    cells = [c for c in presences(family(["iot2000"], lines=[])) if c.stack == "node"]
    assert {c.reason for c in cells} == {"no release yet: watcher sync node"}
    assert {c.stack_version for c in cells} == {None}
    assert "balenalib/amd64-debian-node:latest-bookworm-run" in {c.name for c in cells}
    assert len(cells) == len({c.name for c in cells})


def test_without_devices_there_are_architectures_only() -> None:
    """That is the matrix that is small enough to read."""
    assert {cell.hw for cell in presences(ROWS, devices=False)} == {*(arch.repo for arch in Arch), "i386-nlp"}


def _without_file(rows: Catalogue) -> Catalogue:
    recorded = rows.releases["node", "22"]
    fewer = tuple(a for a in recorded.artifacts if a.platform != Platform(Arch.ARMV6, "glibc"))
    return catalogue.with_release(rows, replace(recorded, artifacts=fewer))


def test_what_is_awaited_says_so() -> None:
    """Upstream should have it and has not yet; while a late platform keeps an older version it is present with that."""
    rows = family([], lines=["22"])
    place = {"hw": "rpi", "distro": "raspbian", "distro_version": "trixie", "variant": "run", "stack": "node"}
    waits = _cell(list(presences(_without_file(rows))), **place)
    assert "has no file of 22 for armv6/glibc yet" in str(waits.reason)
    older = _cell(list(presences(late(rows, "22", Platform(Arch.ARMV6, "glibc"), "22.23.1"))), **place)
    assert (older.present, older.stack_version) == (True, "22.23.1")


def test_a_device_without_a_class_says_so() -> None:
    """armv6 has no generic class: where its own class is not, a device is not."""
    pi = replace(ROWS.classes["raspberry-pi"], distros={"raspbian": ("bookworm",)})
    rows = replace(ROWS, classes={**ROWS.classes, "raspberry-pi": pi})
    cells = [c for c in presences(rows) if (c.hw, c.distro, c.stack) == ("raspberry-pi", "alpine", None)]
    assert {c.reason for c in cells} == {f"no class of armv6 is on {v}" for v in ("3.22", "3.23", "3.24", "edge")}
