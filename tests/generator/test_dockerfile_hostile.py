"""Nothing hostile gets into a Dockerfile: what comes from outside is a checked value, what people write passes a gate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import dockerfile, matrix
from generator.rows import Catalogue
from state.errors import CatalogueError
from state.model import Arch, Checksum, Platform
from tests.generator.family import artifact, family, find

ROWS = family()
HOSTILE = ["Debian' && id '", "Debian\nRUN id", 'x"', "$(id)", "`id`", "a\\", "x;y", "x & y", "x | y", "x > y", "naïve"]


def rendered(rows: Catalogue, hw: str, kind: str, distro: str) -> str:
    """The text of one run image of the operating system."""
    codename = ROWS.distros[distro].default
    fields = {"hw": hw, "kind": kind, "distro": distro, "distro_version": codename, "variant": "run"}
    return dockerfile.render(rows, find(matrix.images(ROWS), **fields))


@pytest.mark.parametrize("text", ["22.1.1 && reboot", "22.1.1\nRUN id", "$(id)", "22.1.1`id`", '22.1.1"', "22.1.1;"])
def test_a_hostile_version_cannot_be_constructed(text: str) -> None:
    """What reaches a template is a version, or it never was a value."""
    with pytest.raises(ValueError, match="not a version"):
        artifact(Platform(Arch.AMD64, "glibc"), text)


@pytest.mark.parametrize("tail", ['"; id; "', "$(id)", "`id`", "a b", "\nRUN id", "../../etc", "${HOME}", "'"])
def test_a_hostile_url_or_digest_cannot_be_constructed(tail: str) -> None:
    """The same for what is downloaded and what it is compared with."""
    good = artifact(Platform(Arch.AMD64, "glibc"), "22.1.1")
    with pytest.raises(ValueError, match="not a plain https URL"):
        replace(good, url=f"https://nodejs.org/dist/v22.1.1/{tail}")
    with pytest.raises(ValueError, match="not a sha256 digest"):
        Checksum("sha256", ("ab" * 32)[: 64 - len(tail)] + tail)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_title_of_a_distro_stays_out(title: str) -> None:
    """The catalogue's words are for people to write, and pass the same gate at every placeholder."""
    distro = ROWS.distros["debian"]
    lines = tuple(replace(line, title=title) for line in distro.lines)
    rows = replace(ROWS, distros={**ROWS.distros, "debian": replace(distro, lines=lines)})
    with pytest.raises(CatalogueError, match="may not stand in a Dockerfile"):
        rendered(rows, "amd64", "os-arch", "debian")


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("field", ["title", "packages"])
def test_a_hostile_class_stays_out(field: str, text: str) -> None:
    """So do a class's title and the packages that it installs."""
    row = ROWS.classes["raspberrypi3"]
    hostile = replace(row, title=text) if field == "title" else replace(row, packages={"debian": (text,)})
    rows = replace(ROWS, classes={**ROWS.classes, row.name: hostile})
    with pytest.raises(CatalogueError, match="may not stand in a Dockerfile"):
        rendered(rows, row.name, "os-class", "debian")
