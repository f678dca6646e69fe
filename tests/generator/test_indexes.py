"""Names for all architectures at once: versions never mix."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import tags
from generator.indexes import Index, indexes
from generator.rows import Catalogue
from state.errors import CatalogueError
from state.model import Arch, Platform
from tests.generator.family import family, late
from tests.generator.stacks import with_stacks

ROWS = with_stacks(family([]))


def _named(rows: Catalogue) -> dict[str, Index]:
    """Name → index; no name is two indexes'."""
    named: dict[str, Index] = {}
    for index in indexes(rows):
        for name in index.names:
            assert named.setdefault(name, index) is index, name
    return named


NAMED = _named(ROWS)


@pytest.mark.parametrize(
    ("name", "arches"),
    [
        ("debian:bookworm", "amd64 aarch64 armv7hf armv6 i386"),
        ("debian-node:22", "amd64 aarch64 armv7hf armv6"),
        ("debian-node:latest", "amd64 aarch64"),
        ("debian-node:24.8.1-bookworm-build", "amd64 aarch64"),
        ("debian-openjdk:21", "amd64 aarch64"),  # what Debian packages is another version
        ("alpine-python:3.12", "amd64 aarch64 armv7hf armv6 i386"),
        ("debian-python:3-sid", "amd64 aarch64 armv7hf i386"),
    ],
)
def test_an_index_has_the_architectures_of_one_version(name: str, arches: str) -> None:
    """Raspbian's images are Debian's armv6."""
    members = NAMED[f"balenalib/{name}"].members
    assert {image.arch for image in members} == set(arches.split())
    assert len({(image.stack_version, image.distro_version, image.variant) for image in members}) == 1


@pytest.mark.parametrize("name", ["node:22", "raspbian-node:22", "debian-node:12", "debian:12-latest"])
def test_a_name_that_no_index_has(name: str) -> None:
    """The distro is always said, and the rules for numbers are the same."""
    assert f"balenalib/{name}" not in NAMED


def test_a_late_architecture_is_not_in_it() -> None:
    """Its older version does not stand in: the index has fewer members until it is there."""
    rows = late(ROWS, "22", Platform(Arch.ARMV6, "glibc"), "22.23.1")
    assert {image.arch for image in _named(rows)["balenalib/debian-node:22"].members} == {"amd64", "aarch64", "armv7hf"}


def test_indexes_may_stand_apart() -> None:
    """A prefix moves them; hardware that is called like a distro would share their repository, and is refused."""
    apart = replace(ROWS, family=replace(ROWS.family, index_prefix="all-"))
    assert "balenalib/all-debian-node:22" in _named(apart)
    devices = {"debian": replace(family(["up-core"]).devices["up-core"], slug="debian")}
    with pytest.raises(CatalogueError, match="index"):
        tags.Names(replace(ROWS, devices=devices)).prove()
