"""The page that people read follows the catalogue."""

from __future__ import annotations

import re
from dataclasses import replace

from generator import catalogue, dockerfile, matrix
from generator.docs import PAGE, docs
from state.model import Arch
from tests.generator.family import family, owners, release
from tests.generator.languages import spoken

FAMILY = spoken(family())
TEXT = docs(FAMILY)[PAGE]


def test_a_patch_release_changes_nothing_on_the_page() -> None:
    """Rows name lines: the page is no part of a patch's diff."""
    assert docs(catalogue.with_release(FAMILY, release(FAMILY, "24", "24.9.0"))) == docs(FAMILY)


def test_a_new_line_adds_rows_of_its_own() -> None:
    """Every other text line stays."""
    before = docs(spoken(family(lines=["22", "24"])))[PAGE].splitlines()
    added = [line for line in TEXT.splitlines() if line not in before]
    assert all("`26`" in line or "Node.js 26" in line for line in added)
    assert [line for line in before if line not in TEXT.splitlines()] == []


def test_every_row_stands_in_a_table_of_its_width() -> None:
    """A cell cannot break its table."""
    width = 0
    for line in TEXT.replace("\\|", "").splitlines():
        width = 0 if not line.startswith("|") else width or line.count("|")
        assert line.count("|") == width or not width, line


def test_links_within_the_page_lead_somewhere() -> None:
    """Each #place is a title's."""
    titles = {
        re.sub("[^a-z0-9 -]", "", t.lower()).replace(" ", "-") for t in re.findall("^#+ (.*)$", TEXT, re.MULTILINE)
    }
    links = set(re.findall(r"\]\(#([^)]*)\)", TEXT))
    assert len(links) >= 6
    assert links <= titles


def test_linked_dockerfiles_are_there() -> None:
    """They are what the same render makes."""
    links = re.findall(r"\]\(\.\./(balena-base-images/[^)]*)\)", TEXT)
    made = dockerfile.files(FAMILY, matrix.with_dockerfile(FAMILY))
    assert len(links) == 2
    assert set(links) <= set(made)


def test_the_page_says_what_there_is() -> None:
    """Distros with defaults, lines with architectures, devices with classes."""
    assert (
        "| Debian GNU/Linux | `trixie` | `13` | default | 2030-06-30 | amd64, aarch64, armv7hf, armv5e, i386 |" in TEXT
    )
    assert "| Node.js | `22` |  | 2027-04-30 | amd64, aarch64, armv7hf, armv6 | amd64 |" in TEXT
    assert "| Node.js | `24` | default |" in TEXT
    assert "| OpenJDK | `25-jdk` | default |" in TEXT
    assert "| OpenJDK | `21-jre` |  | 2028-11-14 | amd64, aarch64, armv7hf, armv5e, i386 | amd64, aarch64 |" in TEXT
    assert "| Raspbian GNU/Linux | `raspbian`, `debian` | Raspbian GNU/Linux 13 (trixie) | armv6 |" in TEXT
    assert "| armv6 | `rpi` | `linux/arm/v6` | Raspbian GNU/Linux, Alpine Linux | with `cross-build-start` |" in TEXT
    assert "| `up-core` | UP Core |  | amd64 | `balenalib/up-core` | `up-board` |" in TEXT


def test_the_page_says_why_something_is_not_there() -> None:
    """Each hole has its reason, of distros, lines and devices."""
    assert "| Node.js 24 | armv7hf/glibc | Node.js stopped publishing armv7l binaries with 24 |" in TEXT
    assert "| Fedora Linux 44 | i386 | Fedora makes no i686 images since 31 |" in TEXT
    assert "| `iot2000` | Siemens IOT2000 |  | i386 | no images: its processor" in TEXT


def named(text: str) -> set[str]:
    """Every image that a text names; those without a tag with the one that they mean."""
    found = re.findall(r"(?:FROM |`)(balenalib/[a-z0-9.-]+(?::[a-z0-9._-]+)?)", text.partition("## Device types")[0])
    return {name if ":" in name else f"{name}:latest" for name in found}


def test_the_examples_are_names_that_exist() -> None:
    """A reader may copy them, whatever the family consists of."""
    assert "balenalib/raspberrypi3-debian-node:22-trixie-build" in named(TEXT)
    for rows in (FAMILY, family([], lines=[]), family([]), family(["up-core"]), family(["raspberry-pi"])):
        names = named(docs(rows)[PAGE])
        assert len(names) >= 2
        assert names <= set(owners(rows))


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
