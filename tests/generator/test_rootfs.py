"""Root file systems that upstream does not publish: made of packages, as a build of its own before all that stands on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from generator import catalogue, cross, dockerfile, indexes, matrix
from generator.builds import plan
from generator.catalogue import load, with_os_line
from generator.explain import because
from generator.names import canonical
from generator.resolve import Resolver
from generator.rows import Catalogue
from generator.tags import Names
from state.errors import CatalogueError
from state.model import Arch, Image, OsLine, Version
from tests.generator.family import family, files, find
from watcher.fitting import mirrored
from watcher.trials import ENTRYPOINT, expected

DAY = date(2026, 11, 23)
ROWS = family(["raspberry-pi", "intel-nuc"], ["22"])
ARCHIVE = "http://raspbian.raspberrypi.com/raspbian"
NAME = "balenalib/rpi-raspbian-rootfs:bookworm"
DISTROS = "catalogue/distros.toml"


def root(rows: Catalogue = ROWS, codename: str = "bookworm") -> Image:
    """Raspbian's, of one version."""
    return find(matrix.images(rows), kind="os-root", distro="raspbian", distro_version=codename)


def run(rows: Catalogue = ROWS, codename: str = "bookworm") -> Image:
    """What stands on it."""
    fields = {"kind": "os-arch", "distro": "raspbian", "distro_version": codename, "variant": "run"}
    return find(matrix.images(rows), **fields)


def test_it_is_built_before_all_that_stands_on_it() -> None:
    """The whole of that version of Raspbian follows from it, and nothing else does."""
    steps = plan(ROWS, [root().dockerfile], DAY)
    assert (steps[0].name, steps[0].kind, steps[0].platform) == (NAME, "build", "linux/arm/v6")
    assert steps[0].layer == "root file system"
    assert (steps[1].name, steps[1].base) == ("balenalib/rpi-raspbian:bookworm-run", NAME)
    here = {i for i in matrix.images(ROWS) if (i.distro, i.distro_version) == ("raspbian", "bookworm")}
    assert {step.image for step in steps} == here
    assert steps[0].dated_tags == (f"{NAME}-20261123",)


def test_another_state_of_the_archive_is_another_one() -> None:
    """The day of Raspbian's InRelease is its version; the other version of Raspbian stays as it is."""
    moved = with_os_line(ROWS, OsLine("raspbian", "bookworm", version=Version("12.20261120")))
    assert dockerfile.render(moved, root(moved)) != dockerfile.render(ROWS, root())
    assert dockerfile.render(moved, root(moved, "trixie")) == dockerfile.render(ROWS, root(ROWS, "trixie"))


def test_one_key_is_believed_and_no_other() -> None:
    """The catalogue's own, which is in the build context; nothing switches the verification off."""
    text = dockerfile.render(ROWS, root())
    assert "\nCOPY keys/raspbian.asc /usr/share/keyrings/raspbian-archive.asc\n" in text
    assert '"deb [signed-by=/usr/share/keyrings/raspbian-archive.asc] $ARCHIVE_MIRROR bookworm main ' in text
    assert not any(word in text for word in ("trusted", "allow-unauthenticated", "AllowInsecure"))
    context = dockerfile.files(ROWS, [root()])
    assert context["balena-base-images/keys/raspbian.asc"] == ROWS.keys["raspbian"]


def test_a_mirror_is_where_it_is_made_from_and_nothing_that_it_tells() -> None:
    """``[mirrors]`` goes in as a build argument; what is installed later is from the archive."""
    text = dockerfile.render(ROWS, root())
    assert mirrored(text, {ARCHIVE: "http://mirror.example/rpi"}) == {"ARCHIVE_MIRROR": "http://mirror.example/rpi"}
    assert mirrored(text, {"http://raspbian.raspberrypi.com": "http://mirror.example"}) == {
        "ARCHIVE_MIRROR": "http://mirror.example/raspbian"
    }
    assert f"'URIs: {ARCHIVE}'" in text


def test_apt_is_told_of_an_old_key_and_of_no_other() -> None:
    """SHA-1 passes where the catalogue says that the key signed itself with it, and nowhere else."""
    raspbian = ROWS.distros["raspbian"]
    assert raspbian.rootfs
    newer = replace(raspbian, rootfs=replace(raspbian.rootfs, sha1=False))
    rows = replace(ROWS, distros={**ROWS.distros, "raspbian": newer})
    assert "sha1.second_preimage_resistance" in dockerfile.render(ROWS, root())
    assert "sha1" not in dockerfile.render(rows, root(rows))


def test_it_has_one_name_that_leads_to_it_and_is_in_no_index() -> None:
    """Nobody but its own distro's image builds on it."""
    names = Names(ROWS)
    names.prove()
    assert names.tags(root()) == [NAME]
    for text in (NAME, "rpi-raspbian-rootfs:bookworm"):
        found = Resolver(ROWS).resolve(text)
        assert (found.image, found.name) == (root(), NAME)
    assert Resolver(ROWS).resolve("rpi-debian:bookworm").chain == (NAME, "scratch")
    assert all(image.kind != "os-root" for index in indexes.indexes(ROWS) for image in index.members)
    assert canonical(ROWS, run()) != NAME
    assert f"{ARCHIVE}, of whose packages the root file system is made" in " ".join(because(ROWS, run()))


def test_it_is_tried_out_without_what_only_images_on_it_have() -> None:
    """No entry point, no scripts; the architecture and the system all the same."""
    bare, whole = (expected(ROWS, image, {}, "curl") for image in (root(), run()))
    assert (bare.entrypoint, whole.entrypoint) == ((), ENTRYPOINT)
    assert [check.title for check in bare.checks] == ["operating system"]


def test_it_can_be_made_whatever_the_default_is() -> None:
    """A Debian of ARMv5 where the family has one, else of ARMv7: nothing of it is left in the image."""
    assert cross.maker_base(ROWS, Arch.ARMV6) == "docker.io/arm32v5/debian:trixie-slim"
    debian = ROWS.distros["debian"]
    lines = tuple(line for line in debian.lines if line.codename != "trixie")
    older = replace(ROWS, distros={**ROWS.distros, "debian": replace(debian, lines=lines, default="bookworm")})
    assert cross.maker_base(older, Arch.ARMV6) == "docker.io/arm32v7/debian:bookworm-slim"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('\n[distros.raspbian.rootfs]\narchive = "', '\n[distros.raspbian.rootfs2]\narchive = "', "rootfs"),
        ('archive = "http://', 'archive = "ftp://', "rootfs.archive"),
        ('components = "main contrib', 'components = "main; evil', "rootfs.components"),
        ('fingerprint = "A0DA', 'fingerprint = "a0da', "rootfs.fingerprint"),
    ],
)
def test_the_catalogue_is_refused_where_it_does_not_say_what_it_is_made_of(old: str, new: str, told: str) -> None:
    """The place is named."""
    given = files([])
    given[DISTROS] = given[DISTROS].decode().replace(old, new, 1).encode()
    with pytest.raises(CatalogueError, match=told):
        load(given)


def test_there_is_none_without_its_key() -> None:
    """A root file system that nobody vouches for is not made."""
    given = {path: text for path, text in catalogue.builtin([]).items() if path != "catalogue/keys/raspbian.asc"}
    with pytest.raises(CatalogueError, match=r"keys/raspbian\.asc is missing"):
        load({path: text.encode() for path, text in given.items()})
