"""A repository's description names what was pushed, and nothing else."""

from __future__ import annotations

import re
from datetime import date

import pytest

from generator.describe import MOST, Tag, describe
from tests.generator.family import family

ROWS = family(["raspberrypi3", "raspberry-pi"], ["22", "24"])
DAY = date(2026, 11, 22)


def _digest(letter: str) -> str:
    return f"sha256:{letter * 64}"


def _tags(text: str) -> set[str]:
    """What stands in the tables as a tag."""
    return {
        word for line in text.splitlines() if line.startswith("|") for word in re.findall(r"`([^`:]+)`", line)
    }  # fmt: skip


def test_tags_stand_with_what_they_lead_to() -> None:
    """Names of one image share a row; a dated one and one that no longer moves have their own tables."""
    pushed = [
        Tag("22.23.2-trixie-run", _digest("a"), DAY, dated=False),
        Tag("22", _digest("a"), DAY, dated=False),
        Tag("22.23.2-trixie-run-20261122", _digest("a"), DAY, dated=True),
        Tag("18", _digest("b"), date(2025, 4, 30), dated=False),
    ]
    found = describe(ROWS, "raspberrypi3-node", pushed)
    assert found.repository == "balenalib/raspberrypi3-node"
    assert found.short == "Node.js on Debian GNU/Linux for Raspberry Pi 3 (armv7hf, linux/arm/v7)"
    assert f"| 22.23.2, trixie, run | `22.23.2-trixie-run`, `22` | `{_digest('a')}` | 2026-11-22 |" in found.full
    assert "docker pull balenalib/raspberrypi3-node:22.23.2-trixie-run\n" in found.full
    assert "The same images are in `balenalib/raspberrypi3-debian-node`." in found.full
    moving, _, rest = found.full.partition("## Newest dated tags")
    assert "20261122" not in moving
    assert f"| `18` | `{_digest('b')}` | 2025-04-30 |" in rest.partition("## Tags that no longer move")[2]
    assert _tags(found.full) == {tag.name for tag in pushed}


def test_a_push_under_way_is_told_as_it_is() -> None:
    """Two names of one image with different digests are two rows."""
    pushed = [Tag("22", _digest("a"), DAY, dated=False), Tag("22.23.2-trixie-run", _digest("c"), DAY, dated=False)]
    full = describe(ROWS, "balenalib/amd64-node", pushed).full
    assert full.count("| 22.23.2, trixie, run |") == 2


def test_a_long_description_is_cut_where_it_hurts_least() -> None:
    """A registry takes 25,000 characters: what no longer moves goes first, and the page says how much went."""
    gone = [Tag(f"18.0.{n}", f"sha256:{n:064}", DAY, dated=False) for n in range(400)]
    pushed = [Tag("22", _digest("a"), DAY, dated=False), *gone]
    full = describe(ROWS, "amd64-debian-node", pushed).full
    assert len(full) <= MOST
    assert "`22`" in full
    left = len(_tags(full)) - 1
    assert f"{400 - left} more rows are left out" in full
    assert left > 100


def test_raspbian_stands_in_for_debian() -> None:
    """On an ARMv6 device Debian's repository holds Raspbian, and says so."""
    assert describe(ROWS, "raspberry-pi-debian", []).short.startswith("Raspbian GNU/Linux for Raspberry Pi (v1")


@pytest.mark.parametrize("name", ["elsewhere/amd64-debian", "nothing-debian", "amd64-debian:trixie", "armv5e-alpine"])
def test_what_is_no_repository_of_the_family_is_refused(name: str) -> None:
    """Another namespace, hardware that there is not, a tag, a distro that lacks the hardware."""
    with pytest.raises(LookupError):
        describe(ROWS, name, [])
