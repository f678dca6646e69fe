"""The rules of the names where lines have flavours, where distros package, and where numbers meet."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import catalogue, matrix, tags
from generator.rows import Catalogue
from state.model import Arch, Image
from tests.generator.family import DAY, family, find, owners, release
from tests.generator.stacks import record, with_stacks

FAMILY = with_stacks(family(["raspberrypi3"]))
OWNERS = owners(FAMILY)


def _to(name: str, rows: Catalogue | None = None) -> str | None:
    """Where a name leads."""
    owner = (owners(rows) if rows else OWNERS).get(f"balenalib/{name}")
    return tags.name(rows or FAMILY, owner).removeprefix("balenalib/") if owner else None


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        # Rule 4: a bare number is the first flavour's; a plus is no letter of a tag.
        ("amd64-debian-openjdk:21", "amd64-debian-openjdk:21.0.5_11-jdk-trixie-run"),
        ("amd64-debian-openjdk:21-jre", "amd64-debian-openjdk:21.0.5_11-jre-trixie-run"),
        ("amd64-debian-openjdk:21.0.5_11", "amd64-debian-openjdk:21.0.5_11-jdk-trixie-run"),
        ("amd64-debian-openjdk:21.0.5-jre-bookworm", "amd64-debian-openjdk:21.0.5_11-jre-bookworm-run"),
        ("amd64-debian-openjdk:latest", "amd64-debian-openjdk:25.0.1_8-jdk-trixie-run"),
        ("amd64-dotnet:8.0", "amd64-debian-dotnet:8.0.404-sdk-trixie-run"),
        ("amd64-dotnet:8.0.11-aspnet", "amd64-debian-dotnet:8.0.11-aspnet-trixie-run"),
        ("amd64-dotnet:8-runtime-build", "amd64-debian-dotnet:8.0.11-runtime-trixie-build"),
        ("amd64-dotnet:build", "amd64-debian-dotnet:10.0.101-sdk-trixie-build"),
        ("amd64-python:3", "amd64-debian-python:3.14.2-trixie-run"),
        ("amd64-golang:1", "amd64-debian-golang:1.26.0-trixie-run"),
        # Rule 3: 3.12 is Python's, so Alpine's would need latest before it; 3.23 no Python is called.
        ("amd64-alpine-python:3.12", "amd64-alpine-python:3.12.14-3.24-run"),
        ("amd64-alpine-python:3.23", "amd64-alpine-python:3.14.2-3.23-run"),
        # Of a distro's own package the line is the version; latest is among what each distro version has.
        ("armv7hf-openjdk:21-jre", "armv7hf-debian-openjdk:21-jre-trixie-run"),
        ("armv7hf-openjdk:17", "armv7hf-debian-openjdk:17.0.18_8-jdk-trixie-run"),
        ("i386-openjdk:21-trixie", "i386-debian-openjdk:21-jdk-trixie-run"),
        ("i386-openjdk:17", "i386-debian-openjdk:17-jdk-bookworm-run"),
        ("i386-openjdk:latest", "i386-debian-openjdk:25-jdk-trixie-run"),
        ("i386-openjdk:latest-bookworm-build", "i386-debian-openjdk:17-jdk-bookworm-build"),
    ],
)
def test_a_name_leads_to_its_image(name: str, canonical: str) -> None:
    """The flavour, the package and the plus are all told by one rule each."""
    assert _to(name) == canonical


@pytest.mark.parametrize(
    "name",
    [
        "amd64-debian-openjdk:jre",  # a flavour alone is no version
        "amd64-debian-openjdk:latest-jre",
        "amd64-debian-openjdk:21.0.5+11-jdk",
        "amd64-debian-dotnet:8.0.11",  # the runtime's number, but a bare number is the sdk
        "amd64-alpine-openjdk:3",
        "i386-debian-openjdk:8",  # Debian has no package of it
        "amd64-debian-python:13",  # Debian's number
        "amd64-golang:1.20.14-jdk",
    ],
)
def test_a_name_that_nobody_may_have(name: str) -> None:
    """These are emitted for no image."""
    assert _to(name) is None


def test_a_text_that_is_a_version_and_a_line_is_the_lines() -> None:
    """Go's first 1.20 is called like its line: once there is a 1.20.14, golang:1.20 is that."""
    first = record(FAMILY, "golang", "1.20", "1.20")
    assert _to("amd64-golang:1.20", first) == "amd64-debian-golang:1.20-trixie-run"
    assert _to("amd64-golang:1.20-bookworm-build", first) == "amd64-debian-golang:1.20-bookworm-build"
    assert _to("amd64-golang:1.20") == "amd64-debian-golang:1.20.14-trixie-run"


def test_a_line_keeps_its_names_after_its_end() -> None:
    """Python 3.23 was recorded once: Alpine's 3.23 never leads in Python's repository again."""
    both = record(FAMILY, "python", "3.23", "3.23.1")
    assert _to("amd64-alpine-python:3.23", both) == "amd64-alpine-python:3.23.1-3.24-run"
    over = catalogue.without_line(both, "python", "3.23", DAY)
    assert _to("amd64-alpine-python:3.23", over) is None
    assert _to("amd64-alpine-python:latest-3.23", over) == "amd64-alpine-python:3.14.2-3.23-run"


def test_a_prerelease_of_a_flavour_has_its_own_name_only() -> None:
    """No short name leads to an early-access build, with or without a flavour."""
    rows = record(FAMILY, "openjdk", "27-jdk", "27-ea+5")
    found = {name for name, image in owners(rows).items() if image.stack_line == "27-jdk" and image.hw == "amd64"}
    assert found
    assert all(":27-ea_5-jdk-" in name or name.endswith(":27-ea_5-jdk") for name in found)


def test_a_packages_images_say_so_by_their_line() -> None:
    """Image and path name the line; there is no patch version, since that is the distro's."""
    images = matrix.images_of(FAMILY, "openjdk", "21-jdk")
    image = find(images, hw="i386", distro="debian", distro_version="trixie", variant="run")
    assert image.stack_version == "21-jdk"
    assert image.dockerfile == "balena-base-images/openjdk/i386/debian/trixie/21-jdk/run/Dockerfile"
    assert {i.distro_version for i in images if i.arch == Arch.I386} == {"trixie", "sid"}
    assert {i.distro for i in images if i.arch == Arch.ARMV7HF} == {"debian"}


def test_what_is_only_packaged_is_not_awaited_from_upstream() -> None:
    """A release is complete without the platforms that distros serve."""
    assert [str(p) for p in matrix.wanted(FAMILY, "openjdk", "21-jdk")] == [
        "amd64/glibc", "aarch64/glibc", "amd64/musl", "aarch64/musl",
    ]  # fmt: skip
    assert "armv7hf/glibc" in map(str, matrix.wanted(FAMILY, "openjdk", "17-jdk"))
    absent = dict(matrix.absent(FAMILY, "openjdk", "8-jdk"))
    assert "i386/glibc" in map(str, absent)
    assert "i386/glibc" not in map(str, dict(matrix.absent(FAMILY, "openjdk", "21-jdk")))


def test_a_default_of_a_line_counts_for_its_flavours() -> None:
    """An old JDK may stay on the distro version that it was made for."""
    stack = replace(FAMILY.stacks["openjdk"], defaults={"8-jdk": {"debian": "bookworm"}})
    rows = replace(FAMILY, stacks={**FAMILY.stacks, "openjdk": stack})
    assert _to("amd64-openjdk:8", rows) == "amd64-debian-openjdk:8.0.472_8-jdk-bookworm-run"
    assert _to("amd64-openjdk:8-jre", rows) == "amd64-debian-openjdk:8.0.472_8-jre-trixie-run"


def test_every_name_of_the_whole_family_has_one_owner() -> None:
    """What is proved table by table is true name by name, for every stack at once."""
    assert len(OWNERS) > 30_000
    canonical: dict[str, Image] = {tags.name(FAMILY, image): image for image in matrix.images(FAMILY)}
    assert {tags.name(FAMILY, image) for image in OWNERS.values()} == canonical.keys()
    assert all(OWNERS[name] is not None and OWNERS[name].hw == image.hw for name, image in canonical.items())


def test_a_patch_release_moves_no_other_name() -> None:
    """Only names of that line change owners."""
    after = owners(catalogue.with_release(FAMILY, release(FAMILY, "22", "22.24.0")))
    moved = {name for name, image in after.items() if name in OWNERS and OWNERS[name] != image}
    assert moved
    assert all(after[name].stack_line == "22" == OWNERS[name].stack_line for name in moved)
