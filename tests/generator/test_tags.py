"""The rules of the names, one by one, at their edges."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import pytest

from generator import catalogue, matrix, tags
from generator.rows import Catalogue, DistroLine
from state.errors import CatalogueError
from state.model import Arch, Platform, Version
from tests.generator.family import DAY, family, find, late, owners, release

FAMILY = family()
OWNERS = owners(FAMILY)


def _to(rows: Catalogue, name: str) -> str | None:
    """Where a name leads."""
    owner = owners(rows).get(f"balenalib/{name}")
    return tags.name(rows, owner).removeprefix("balenalib/") if owner else None


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        # Rule 1: what is left out is the default in its place.
        ("amd64-debian-node:24.8.1-trixie-run", "amd64-debian-node:24.8.1-trixie-run"),
        ("amd64-debian-node:latest", "amd64-debian-node:24.8.1-trixie-run"),
        ("amd64-debian-node:build", "amd64-debian-node:24.8.1-trixie-build"),
        ("amd64-debian-node:run", "amd64-debian-node:24.8.1-trixie-run"),
        ("amd64-debian-node:latest-bookworm", "amd64-debian-node:24.8.1-bookworm-run"),
        ("amd64-debian-node:bookworm", "amd64-debian-node:24.8.1-bookworm-run"),
        ("amd64-debian-node:bookworm-build", "amd64-debian-node:24.8.1-bookworm-build"),
        ("amd64-debian-node:22", "amd64-debian-node:22.23.2-trixie-run"),
        ("amd64-debian-node:22-build", "amd64-debian-node:22.23.2-trixie-build"),
        ("amd64-debian:latest", "amd64-debian:trixie-run"),
        ("amd64-debian:build", "amd64-debian:trixie-build"),
        # The default distro may be left out.
        ("amd64-node:22", "amd64-debian-node:22.23.2-trixie-run"),
        ("amd64:bookworm", "amd64-debian:bookworm-run"),
        ("up-core-node:24-build", "up-core-debian-node:24.8.1-trixie-build"),
        ("amd64-alpine:3.24", "amd64-alpine:3.24-run"),
        # Raspbian is Debian's armv6.
        ("rpi-raspbian-node:22", "rpi-raspbian-node:22.23.2-trixie-run"),
        ("rpi-debian-node:22-bookworm", "rpi-raspbian-node:22.23.2-bookworm-run"),
        ("rpi-node:latest", "rpi-raspbian-node:22.23.2-trixie-run"),
        ("raspberry-pi-debian:trixie", "raspberry-pi-raspbian:trixie-run"),
        # Rule 3: numbers.
        ("amd64-debian:12", "amd64-debian:bookworm-run"),
        ("amd64-ubuntu:22.04-build", "amd64-ubuntu:jammy-build"),
        ("amd64-debian-node:22-12", "amd64-debian-node:22.23.2-bookworm-run"),
        ("amd64-debian-node:latest-12", "amd64-debian-node:24.8.1-bookworm-run"),
        ("amd64-ubuntu-node:22-22.04", "amd64-ubuntu-node:22.23.2-jammy-run"),
        ("amd64-alpine-node:3.22", "amd64-alpine-node:24.8.1-3.22-run"),
        ("amd64-fedora-node:43", "amd64-fedora-node:24.8.1-43-run"),
        # Rule 4: what stands for a version; latest is the newest LTS of the cell.
        ("amd64-debian-node:26.7", "amd64-debian-node:26.7.0-trixie-run"),
        ("armv7hf-debian-node:latest", "armv7hf-debian-node:22.23.2-trixie-run"),
        # Rule 5: rolling ones are names.
        ("amd64-debian-node:22-sid-build", "amd64-debian-node:22.23.2-sid-build"),
        ("amd64-alpine-node:edge", "amd64-alpine-node:24.8.1-edge-run"),
    ],
)
def test_a_name_leads_to_its_image(name: str, canonical: str) -> None:
    """Whoever leaves a part out gets that part's default."""
    assert tags.name(FAMILY, OWNERS[f"balenalib/{name}"]) == f"balenalib/{canonical}"


@pytest.mark.parametrize(
    "name",
    [
        "amd64-debian-node:12",  # Node 12 or bookworm: nobody may guess
        "amd64-debian-node:13-build",
        "amd64-ubuntu-node:22.04",
        "amd64-ubuntu-node:24.04-run",
        "amd64-debian-node:22-latest",  # latest is the first part only
        "amd64-debian-node:trixie-latest",
        "amd64-alpine-node:3",  # no alias 3 for Alpine
        "amd64-alpine:3",
        "amd64-debian:unstable",
        "amd64-debian:14",
        "amd64-alpine-node:trixie",
        "node:24",
        "debian-node:24",  # no hardware
        "armv7hf-debian-node:24",  # upstream has none
    ],
)
def test_a_name_that_nobody_may_have(name: str) -> None:
    """These are emitted for no image."""
    assert f"balenalib/{name}" not in OWNERS


def test_a_number_of_node_may_lead_though_debian_has_it_too() -> None:
    """With Node 12 recorded, node:12 is Node 12 and never bookworm."""
    rows = catalogue.with_release(FAMILY, release(FAMILY, "12", "12.22.12", "Erbium"))
    assert _to(rows, "amd64-debian-node:12") == "amd64-debian-node:12.22.12-trixie-run"
    assert _to(rows, "amd64-debian-node:12-12") == "amd64-debian-node:12.22.12-bookworm-run"


def test_alpines_number_gives_way_to_a_version_of_the_stack() -> None:
    """Had Node a 3.22, alpine-node:3.22 would be that, and the distro's number needs latest before it."""
    rows = catalogue.with_release(FAMILY, release(FAMILY, "3", "3.22.1", ""))
    assert _to(rows, "amd64-alpine-node:3.22") == "amd64-alpine-node:3.22.1-3.24-run"
    assert _to(rows, "amd64-alpine-node:latest-3.22") == "amd64-alpine-node:24.8.1-3.22-run"
    assert _to(rows, "amd64-alpine-node:3.23") == "amd64-alpine-node:24.8.1-3.23-run"


def test_where_a_text_is_a_line_and_short_for_another_the_line_wins() -> None:
    """The shorter name goes to the highest version that it fits, unless a line is called that."""
    rows = family([], lines=[])
    for line, version in (("1.19", "1.19.4"), ("1.20", "1.20.1"), ("1", "1.2.3")):
        rows = catalogue.with_release(rows, release(rows, line, version))
    assert _to(rows, "amd64-debian-node:1.20") == "amd64-debian-node:1.20.1-trixie-run"
    assert _to(rows, "amd64-debian-node:1") == "amd64-debian-node:1.2.3-trixie-run"
    rows = catalogue.without_line(rows, "node", "1", DAY)
    assert _to(rows, "amd64-debian-node:1") == "amd64-debian-node:1.20.1-trixie-run"


def test_a_prerelease_has_its_own_name_only() -> None:
    """No alias and no latest leads to a release candidate, even if there is nothing else."""
    rows = family([], lines=[])
    rows = catalogue.with_release(rows, release(rows, "27", "27.0.0-rc.1"))
    found = {name for name in owners(rows) if name.startswith("balenalib/amd64-debian-node:")}
    assert "balenalib/amd64-debian-node:27.0.0-rc.1" in found
    assert all(":27.0.0-rc.1" in name for name in found)


def test_without_an_lts_the_highest_line_is_latest() -> None:
    """Every repository has a default: a stack whose lines have no code name is not without."""
    assert _to(family([], lines=["26"]), "amd64-debian-node:latest") == "amd64-debian-node:26.7.0-trixie-run"


def test_latest_may_mean_the_current_line() -> None:
    """That is the stack's policy."""
    stack = replace(FAMILY.stacks["node"], latest="current")
    rows = replace(FAMILY, stacks={"node": stack})
    assert _to(rows, "amd64-debian-node:latest") == "amd64-debian-node:26.7.0-trixie-run"


def test_a_line_may_have_a_default_of_its_own() -> None:
    """An old line can stay on the distro version that it was made for."""
    stack = replace(FAMILY.stacks["node"], defaults={"22": {"debian": "bookworm"}})
    rows = replace(FAMILY, stacks={"node": stack})
    assert _to(rows, "amd64-debian-node:22") == "amd64-debian-node:22.23.2-bookworm-run"
    assert _to(rows, "amd64-debian-node:latest") == "amd64-debian-node:24.8.1-trixie-run"


def _without(rows: Catalogue, codename: str, arch: Arch) -> Catalogue:
    """The same, but Debian's *codename* does not serve *arch*."""

    def fewer(line: DistroLine) -> DistroLine:
        bases = {a: base for a, base in line.bases.items() if a != arch or line.codename != codename}
        return replace(line, bases=bases)

    debian = rows.distros["debian"]
    return replace(
        rows, distros={**rows.distros, "debian": replace(debian, lines=tuple(fewer(line) for line in debian.lines))}
    )


def test_a_missing_default_falls_to_the_next_older_stable_version() -> None:
    """Never to sid, and never for other hardware."""
    rows = _without(FAMILY, "trixie", Arch.I386)
    assert _to(rows, "i386-debian:latest") == "i386-debian:bookworm-run"
    assert _to(rows, "amd64-debian:latest") == "amd64-debian:trixie-run"


def test_with_nothing_to_fall_to_there_is_no_latest() -> None:
    """Sid alone is no default: its images have names, none of them short."""
    rows = _without(_without(FAMILY, "trixie", Arch.I386), "bookworm", Arch.I386)
    found = {name for name in owners(rows) if name.startswith("balenalib/i386-debian:")}
    assert found == {f"balenalib/i386-debian:{tag}" for tag in ("sid", "sid-run", "sid-build")}


def test_a_newer_version_does_not_stand_in_for_the_default() -> None:
    """armv5e is on trixie only: were bookworm the default, nothing would stand in for it."""
    rows = replace(FAMILY, distros={**FAMILY.distros, "debian": replace(FAMILY.distros["debian"], default="bookworm")})
    assert _to(rows, "armv5e-debian:latest") is None
    assert _to(rows, "armv5e-debian:trixie") == "armv5e-debian:trixie-run"


def test_the_names_of_a_late_platform_stay_where_they_are() -> None:
    """Its full name is the older version's; 22 means the older one there, and the newer one elsewhere."""
    rows = late(FAMILY, "22", Platform(Arch.ARMV6, "glibc"), "22.23.1")
    assert _to(rows, "rpi-raspbian-node:22") == "rpi-raspbian-node:22.23.1-trixie-run"
    assert _to(rows, "rpi-raspbian-node:22.23.2") is None
    assert _to(rows, "amd64-debian-node:22") == "amd64-debian-node:22.23.2-trixie-run"


def test_all_names_of_an_image_are_in_all_its_repositories() -> None:
    """The repository without the distro has the same tags, and so have those of what else the hardware is called."""
    image = find(matrix.images_of(FAMILY, "node", "22"), hw="rpi", distro_version="trixie", variant="run")
    found: dict[str, set[str]] = {}
    for name in tags.tags(FAMILY, image):
        repository, tag = name.split(":")
        found.setdefault(repository, set()).add(tag)
    places = ("raspbian-node", "debian-node", "node")
    assert list(found) == [f"balenalib/{hw}-{place}" for hw in ("rpi", "armv6") for place in places]
    assert len({frozenset(names) for names in found.values()}) == 1
    assert tags.tags(FAMILY, image)[0] == tags.name(FAMILY, image)


def test_only_the_canonical_name_is_dated() -> None:
    """A short dated name is resolved to it instead of being written 150,900 times."""
    image = find(matrix.images_of(FAMILY, "node", "24"), hw="amd64", distro_version="trixie", variant="run")
    dated = tags.Names(FAMILY).dated
    assert dated(image, date(2026, 1, 2)) == ["balenalib/amd64-debian-node:24.8.1-trixie-run-20260102"]
    assert dated(image, date(2026, 1, 2), 1) == ["balenalib/amd64-debian-node:24.8.1-trixie-run-20260102.1"]


def test_all_names_may_be_dated() -> None:
    """That is the page's full scheme: every name of the image, in every repository, with one suffix."""
    rows = replace(FAMILY, family=replace(FAMILY.family, date_aliases="all"))
    image = find(matrix.images_of(rows, "node", "24"), hw="amd64", distro_version="trixie", variant="run")
    names = tags.Names(rows)
    assert names.dated(image, DAY, 2) == [f"{name}-20261122.2" for name in names.tags(image)]


def test_the_namespace_is_a_setting() -> None:
    """Every name is below it."""
    rows = replace(FAMILY, family=replace(FAMILY.family, namespace="example"))
    assert all(name.startswith("example/") for name in owners(rows))


def test_every_name_has_one_owner_and_that_is_proved_quickly() -> None:
    """All names of all devices are one image's each: proved in a moment, and true when looked at one by one."""
    start = time.perf_counter()
    tags.Names(FAMILY).prove()
    assert time.perf_counter() - start < 1
    assert len(OWNERS) > 100_000
    assert {tags.name(FAMILY, image) for image in OWNERS.values()} == {
        tags.name(FAMILY, image) for image in matrix.images(FAMILY)
    }


def test_a_name_with_two_owners_names_both() -> None:
    """A distro version that goes by another's name is refused with both claimants."""
    debian = FAMILY.distros["debian"]
    lines = tuple(replace(line, number="12") if line.codename == "trixie" else line for line in debian.lines)
    rows = replace(FAMILY, distros={**FAMILY.distros, "debian": replace(debian, lines=lines)})
    with pytest.raises(CatalogueError) as caught:
        tags.Names(rows).prove()
    assert "bookworm-run" in caught.value.problem
    assert "trixie-run" in caught.value.problem


@pytest.mark.parametrize("slug", ["up-board-debian", "generic-debian-node"])
def test_a_repository_belongs_to_one_piece_of_hardware(slug: str) -> None:
    """A device called up-board-debian would share a repository with the UP Board, even if no tag met."""
    devices = {**FAMILY.devices, slug: replace(FAMILY.devices["up-core"], slug=slug)}
    with pytest.raises(CatalogueError, match=slug):
        tags.Names(replace(FAMILY, devices=devices)).prove()


@pytest.mark.parametrize(("alias", "slug"), [("raspberrypi2", "raspberry-pi2"), ("nuc", "intel-nuc")])
def test_what_a_device_is_also_called_has_its_images(alias: str, slug: str) -> None:
    """A name that the page promises is in the registry: the same tags in a repository of the alias."""
    images = matrix.images_of(FAMILY, "node", "22")
    image = find(images, hw=slug, distro="debian", distro_version="trixie", variant="build")
    names = tags.tags(FAMILY, image)
    assert f"balenalib/{alias}-debian-node:22-build" in names
    assert f"balenalib/{alias}-node:22-build" in names
    assert len(names) % 2 == 0
    assert names[0].startswith(f"balenalib/{slug}-debian-node:22.23.2")


def test_an_alias_may_not_take_a_repository_either() -> None:
    """What one device is also called is not how the names of another's images begin."""
    board = replace(FAMILY.devices["up-core"], aliases=("up-board-debian",))
    with pytest.raises(CatalogueError, match="up-board"):
        tags.Names(replace(FAMILY, devices={**FAMILY.devices, "up-core": board})).prove()


def test_a_malformed_name_is_refused() -> None:
    """What a registry would not take is found before anything is built."""
    devices = {"up-core": replace(FAMILY.devices["up-core"], slug="up--core.")}
    with pytest.raises(CatalogueError, match="registry"):
        tags.Names(replace(FAMILY, devices=devices)).prove()


def test_a_version_is_below_its_higher_neighbour() -> None:
    """22.9 is not above 22.23: lines are compared as versions."""
    rows = family([], lines=[])
    for line, version in (("22.9", "22.9.0"), ("22.23", "22.23.2")):
        rows = catalogue.with_release(
            rows,
            replace(
                release(rows, "22"),
                line=line,
                version=Version(version),
                artifacts=release(rows, "22", version).artifacts,
            ),
        )
    assert _to(rows, "amd64-debian-node:22") == "amd64-debian-node:22.23.2-trixie-run"
