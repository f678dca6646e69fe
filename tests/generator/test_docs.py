"""The page that people read follows the catalogue."""

from __future__ import annotations

from dataclasses import replace

from generator import catalogue, tags
from generator.docs import PAGE, docs
from state.model import Arch
from tests.generator.family import family, release

FAMILY = family()
TEXT = docs(FAMILY)[PAGE]


def test_a_patch_release_changes_nothing_on_the_page() -> None:
    """Rows name lines: the page is no part of a patch's diff."""
    assert docs(catalogue.with_release(FAMILY, release(FAMILY, "24", "24.9.0"))) == docs(FAMILY)


def test_a_new_line_adds_rows_of_its_own() -> None:
    """Every other text line stays."""
    before = docs(family(lines=["22", "24"]))[PAGE].splitlines()
    added = [line for line in TEXT.splitlines() if line not in before]
    assert all("`26`" in line or "Node.js 26" in line for line in added)
    assert [line for line in before if line not in TEXT.splitlines()] == []


def test_every_row_stands_in_a_table_of_its_width() -> None:
    """A cell cannot break its table."""
    rows = [line for line in TEXT.replace("\\|", "").splitlines() if line.startswith("|")]
    width = 0
    for above, row in zip(["", *rows], rows, strict=False):
        width = (
            row.count("|")
            if row.startswith(("| Distro |", "| Language |", "| Class |", "| Device |", "| What |"))
            else width
        )
        assert row.count("|") == width, above


def test_the_page_says_what_there_is() -> None:
    """Distros with defaults, lines with architectures, devices with classes."""
    assert (
        "| Debian GNU/Linux | `trixie` | `13` | default | 2030-06-30 | amd64, aarch64, armv7hf, armv5e, i386 |" in TEXT
    )
    assert "| Node.js | `22` |  | 2027-04-30 | amd64, aarch64, armv7hf, armv6 | amd64 |" in TEXT
    assert "| Node.js | `24` | default |" in TEXT
    assert "| `up-core` | UP Core |  | amd64 | `up-board` |" in TEXT


def test_the_page_says_why_something_is_not_there() -> None:
    """Each hole has its reason, of distros, lines and devices."""
    assert "| Node.js 24 | armv7hf/glibc | Node.js stopped publishing armv7l binaries with 24 |" in TEXT
    assert "| Fedora Linux 44 | i386 | Fedora makes no i686 images since 31 |" in TEXT
    assert "| `iot2000` | Siemens IOT2000 |  | i386 | no images: its processor" in TEXT


def test_the_example_is_a_name_that_exists() -> None:
    """A reader may copy it."""
    assert "`balenalib/amd64-debian-node:24-trixie-run`" in TEXT
    assert "balenalib/amd64-debian-node:24-trixie-run" in tags.owners(FAMILY)
    assert "`balenalib/amd64-debian:trixie-run`" in docs(family([], lines=[]))[PAGE]


def test_a_fallback_is_shown() -> None:
    """Where the default is missing, the page says what stands in for it, or that nothing does."""
    debian = FAMILY.distros["debian"]
    trixie = tuple(
        replace(line, bases={a: b for a, b in line.bases.items() if a != Arch.I386 or line.codename != "trixie"})
        for line in debian.lines
    )
    rows = replace(FAMILY, distros={**FAMILY.distros, "debian": replace(debian, lines=trixie)})
    assert "- Debian GNU/Linux on i386 falls back to `bookworm`, since `trixie` is not there." in docs(rows)[PAGE]
    bookworm = replace(FAMILY, distros={**FAMILY.distros, "debian": replace(debian, default="bookworm")})
    assert "- Debian GNU/Linux on armv5e has no default: its tags always name the version." in docs(bookworm)[PAGE]
    assert "falls back" not in TEXT
