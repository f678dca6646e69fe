"""What names lead to, and what is said of those that lead nowhere."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest

from generator import history, matrix, tags
from generator.explain import because
from generator.index_names import resolve_index
from generator.references import codenames
from generator.resolve import Resolver
from generator.rows import Ended
from generator.words import taken
from state.model import Version
from tests.generator.family import DAY, family, find
from tests.generator.stacks import with_stacks

ROWS = with_stacks(family())
RESOLVER = Resolver(ROWS)
SAMPLE = 300


def test_every_tag_of_every_image_leads_to_it() -> None:
    """resolve(tag) is the image, for a sample of the family; the benchmark takes all of it."""
    images = matrix.images(ROWS)
    for image in random.Random(4).sample(images, SAMPLE):
        for name in RESOLVER.names.tags(image):
            found = RESOLVER.resolve(name)
            assert found.image == image, name
            assert found.name == tags.name(ROWS, image)
            assert not found.reason


@pytest.mark.parametrize(
    ("name", "canonical", "defaulted"),
    [
        (
            "balenalib/raspberrypi3-node:22",
            "raspberrypi3-debian-node:22.23.2-trixie-run",
            "distro distro_version variant",
        ),
        ("amd64", "amd64-debian:trixie-run", "distro distro_version variant"),
        ("amd64-node", "amd64-debian-node:24.8.1-trixie-run", "distro stack_version distro_version variant"),
        ("amd64-debian:latest-build", "amd64-debian:trixie-build", "distro_version"),
        ("amd64-ubuntu-python:latest-noble-build", "amd64-ubuntu-python:3.14.2-noble-build", ""),
        ("docker.io/balenalib/amd64-alpine:3.22", "amd64-alpine:3.22-run", "variant"),
        ("registry.example:5000/balenalib/amd64-debian:12", "amd64-debian:bookworm-run", "variant"),
        ("armv6-debian:bookworm", "rpi-raspbian:bookworm-run", "variant"),
        ("rpi-node:22", "rpi-raspbian-node:22.23.2-trixie-run", "distro distro_version variant"),
        ("amd64-golang:1.20", "amd64-debian-golang:1.20.14-trixie-run", "distro distro_version variant"),
        ("amd64-openjdk:21.0.5_11-jdk-12", "amd64-debian-openjdk:21.0.5_11-jdk-bookworm-run", "distro variant"),
        ("edison-debian:trixie", "intel-edison-debian:trixie-run", "variant"),
        ("amd64-debian:20261122", "amd64-debian:trixie-run-20261122", "distro_version variant"),
        (
            "amd64-node:22-build-20261122.1",
            "amd64-debian-node:22.23.2-trixie-build-20261122.1",
            "distro distro_version",
        ),
        ("raspberrypi4-64:bookworm", "raspberrypi4-64-debian:bookworm-run", "distro variant"),
    ],
)
def test_any_part_may_be_left_out(name: str, canonical: str, defaulted: str) -> None:
    """The whole name is told, and which parts were not said."""
    found = RESOLVER.resolve(name)
    assert found.image
    assert found.name == f"balenalib/{canonical}"
    assert list(found.defaulted) == defaulted.split()
    assert found.suggestions == ()


def test_the_chain_is_what_the_image_stands_on() -> None:
    """From the device over its class and the architecture down to upstream's image."""
    found = RESOLVER.resolve("up-core-node:24-build")
    assert found.image
    assert found.image.dockerfile == "balena-base-images/node/amd64/debian/trixie/24/build/Dockerfile"
    assert found.chain == (
        "balenalib/up-board-debian-node:24.8.1-trixie-build",
        "balenalib/up-board-debian:trixie-build",
        "balenalib/amd64-debian:trixie-build",
        "balenalib/amd64-debian:trixie-run",
        "docker.io/library/debian:trixie-slim",
    )


@pytest.mark.parametrize(
    ("name", "reason", "nearest"),
    [
        (
            "balenalib/raspberrypi3-node:10.18",
            "Node.js 10 ended on 2021-04-30, at 10.24.1: no image is made of it any more",
            "raspberrypi3-debian-node:22-trixie-run",
        ),
        (
            "i386-ubuntu-python:latest-bionic-build-20191029",
            "Ubuntu bionic is retired",
            "i386-debian-python:3.9-trixie-build",
        ),
        ("raspberrypi3-debian:stretch", "Debian GNU/Linux stretch is retired", "raspberrypi3-debian:trixie-run"),
        ("amd64-debian:8", "Debian GNU/Linux jessie is retired", "amd64-debian:trixie-run"),
        ("amd64-alpine-python:3.16", "Alpine Linux 3.16 is retired", "amd64-alpine-python:3.14-3.24-run"),
        (
            "amd64-python:2.7",
            "Python 2.7 ended on 2020-01-01, at 2.7.18",
            "amd64-debian-python:3.14-trixie-run",
        ),
        (
            "amd64-debian:bookwurm",
            "has no version bookwurm; there are bookworm, trixie, sid",
            "amd64-debian:trixie-run",
        ),
        (
            "raspberypi3-node:22",
            "there is no architecture or device type raspberypi3",
            "raspberrypi3-debian-node:22-trixie-run",
        ),
        ("debian-node:22", "the hardware is missing", "amd64-debian-node:22-trixie-run"),
        ("amd64-node:99", "Node.js has no 99; there are 22, 24, 26", "amd64-debian-node:24-trixie-run"),
        (
            "amd64-openjdk:16-jdk",
            "Openjdk 16-jdk ended on 2021-09-14, at 16.0.2",
            "amd64-debian-openjdk:25-jdk-trixie-run",
        ),
        ("amd64-openjdk:7", "Openjdk 7-jdk ended on 2022-07-19", "amd64-debian-openjdk:25-jdk-trixie-run"),
        ("amd64-dotnet:2.1-sdk", "ended on 2021-08-21, at 2.1.818", "amd64-debian-dotnet:10.0-sdk-trixie-run"),
        ("amd64-alpine-python:3.8", "Python 3.8 ended on 2024-10-07", "amd64-alpine-python:3.14-3.24-run"),
        ("node:22", "the hardware is missing", "amd64-debian-node:22-trixie-run"),
        ("other/amd64-debian", "in balenalib/, not in other/", "amd64-debian:trixie-run"),
        ("iot2000-node", "lacks the lock prefix", "i386-debian-python:3.14-trixie-run"),
        ("armv5e-node:22", "nobody publishes Node.js binaries for ARMv5", "amd64-debian-node:22-trixie-run"),
        ("i386-fedora-node:24", "Fedora makes no i686 images since 31", "amd64-fedora-node:24-44-run"),
        ("amd64-debian-node:12", "Node.js 12 ended on 2022-04-30", "amd64-debian-node:24-trixie-run"),
        (
            "i386-openjdk:8",
            "upstream has none; this version has no such package",
            "i386-debian-openjdk:25-jdk-trixie-run",
        ),
        ("i386-alpine-node:24", "for x86 with musl", "amd64-alpine-node:24-3.24-run"),
        ("iot2000-debian-node", "lacks the lock prefix", "amd64-debian-node:24-trixie-run"),
        (
            "amd64-node:24-run-trixie",
            "the order is stack version, distro version, variant: 24-trixie-run",
            "amd64-debian-node:24-trixie-run",
        ),
        (
            "amd64-debian:build-12",
            "the order is stack version, distro version, variant: 12-build",
            "amd64-debian:12-build",
        ),
        ("AMD64-Debian:12", "names are in small letters", "amd64-debian:bookworm-run"),
        ("amd64-debian:trixie-devel", "has no version trixie-devel", "amd64-debian:trixie-run"),
    ],
)
def test_a_name_that_leads_nowhere_is_explained(name: str, reason: str, nearest: str) -> None:
    """Why there is no such image, and the nearest names: each of them leads to one."""
    found = RESOLVER.resolve(name)
    assert found.image is None
    assert reason in str(found.reason)
    assert found.suggestions
    assert all(RESOLVER.resolve(suggestion).image for suggestion in found.suggestions)
    if name != "iot2000-node":
        assert found.suggestions[0] == f"balenalib/{nearest}"


def test_a_name_that_resolves_is_published() -> None:
    """Hardware by its other name is told as that, and its name is one of the image's: nothing resolves that no registry has."""
    found = RESOLVER.resolve("raspberrypi2-node:22")
    assert found.image
    assert (found.hw, found.alias) == ("raspberry-pi2", "raspberrypi2")
    assert "balenalib/raspberrypi2-node:22" in RESOLVER.names.tags(found.image)
    assert RESOLVER.resolve("raspberry-pi2-node:22").alias is None


def test_a_word_that_only_stands_for_a_stack_is_no_name_of_it() -> None:
    """People say go, and no repository is called that: the answer has the name that is meant."""
    found = RESOLVER.resolve("amd64-go:1.20")
    assert not found.there
    assert found.reason == "no repository is called amd64-go: golang is the word for that in names"
    assert found.suggestions == ("balenalib/amd64-debian-golang:1.20.14-trixie-run",)


def test_with_nothing_recorded_it_says_what_to_do() -> None:
    """A fresh family resolves OS names, and names the command that brings the stack."""
    resolver = Resolver(family([], lines=[]))
    found = resolver.resolve("amd64-debian-node:22")
    assert found.reason == "no release yet: watcher sync node"
    assert found.suggestions[0] == "balenalib/amd64-debian:trixie-run"


def test_what_ended_before_the_family_began_is_told_with_nothing_recorded() -> None:
    """Node 10 is not to come by any sync; neither as an image nor as an index."""
    rows = family(["raspberrypi3"], lines=[])
    assert str(Resolver(rows).resolve("raspberrypi3-node:10.18").reason).startswith("Node.js 10 ended on 2021-04-30")
    index = resolve_index(rows, "debian-node:12")
    assert index
    assert str(index.reason).startswith("Node.js 12 ended on 2022-04-30")
    assert index.passed
    known = resolve_index(ROWS, "debian-node:12")
    assert known
    assert known.suggestions == tuple(f"balenalib/debian-node:{tag}" for tag in ("latest", "26", "24"))


def test_the_number_of_an_old_line_is_no_distro_versions() -> None:
    """alpine-python:3.9 is Python's, for ever: Alpine's 3.9 is said behind a version only."""
    found = RESOLVER.resolve("amd64-alpine-python:3.8.1")
    assert (found.stack_version, found.distro_version) == ("3.8.1", "3.24")
    assert "3.8" in taken(ROWS, ROWS.stacks["python"])
    assert RESOLVER.resolve("amd64-alpine-node:3.9").distro_version == "3.9"


def test_what_ended_is_no_line_that_a_stack_offers() -> None:
    """The table is history: each line has its last version and a day, and nothing of it stands in the built-in rows."""
    rows = family()
    for stack in rows.stacks.values():
        for row in history.over(rows, stack):
            assert row.version.prefixes()
            assert row.ended.year > 2008
            assert rows.version(stack.source, row.line) is None
    assert len(history.over(rows, rows.stacks["dotnet"])) == 30


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("amd64-node:22.11.0", "22", "Node.js 22 is at 22.23.2: names of 22.11.0 no longer move"),
        ("amd64-openjdk:21.0.4_7-jre-bookworm", "21-jre", "Openjdk 21-jre is at 21.0.5+11"),
        ("amd64-dotnet:8.0.100", "8.0-sdk", "Dotnet 8.0-sdk is at 8.0.404"),
        ("amd64-node:18.20.1", "18", "Node.js 18 ended on 2026-11-22: its names stay at 18.20.8"),
        ("amd64-node:18", "18", "Node.js 18 ended on 2026-11-22: its names stay at 18.20.8"),
    ],
)
def test_a_version_that_was_passed_by_is_told_from_one_that_never_was(name: str, line: str, reason: str) -> None:
    """Its names freeze and stay: the line says where it went on, or that it ended."""
    over = Ended("node", "18", Version("18.20.8"), DAY)
    found = Resolver(replace(ROWS, ended={("node", "18"): over})).resolve(name)
    assert found.passed
    assert found.passed.line == line
    assert str(found.reason).startswith(reason)


def test_a_template_is_resolved_for_a_device() -> None:
    """As a Dockerfile.template says it; without a device nobody knows what it means."""
    found = RESOLVER.resolve("balenalib/%%BALENA_MACHINE_NAME%%-node:22", "raspberrypi3")
    assert found.name == "balenalib/raspberrypi3-debian-node:22.23.2-trixie-run"
    arch = RESOLVER.resolve("balenalib/%%BALENA_ARCH%%-debian:bookworm", "raspberry-pi")
    assert arch.name == "balenalib/rpi-raspbian:bookworm-run"
    assert RESOLVER.resolve("%%BALENA_ARCH%%-debian", "edison").hw == "i386"
    with pytest.raises(LookupError, match="--device"):
        RESOLVER.resolve("%%BALENA_ARCH%%-debian")
    with pytest.raises(LookupError, match="no device type"):
        RESOLVER.resolve("%%BALENA_ARCH%%-debian", "raspberry")


def test_a_name_is_resolved_in_a_moment() -> None:
    """Below 50 ms each, right or wrong, once the catalogue is read."""
    names = ["up-core-node:24-build", "raspberypi3-node:10.18-stretch", "amd64-openjdk:21-jre-20261122"]
    for name in names:
        start = time.perf_counter()
        RESOLVER.resolve(name)
        assert time.perf_counter() - start < 0.05


def test_what_is_retired_is_not_in_the_catalogue() -> None:
    """The table speaks of distros that there are; what the catalogue has again is not retired."""
    assert history.distros() == set(ROWS.distros)
    for name, row in ROWS.distros.items():
        assert not {line.codename for line in row.lines} & set(history.retired(name)), name
    assert codenames(ROWS.distros["debian"])["12"] == "bookworm"
    assert codenames(ROWS.distros["debian"])["8"] == "jessie"


def test_an_image_says_what_its_parts_come_from() -> None:
    """Distro, stack and hardware, a sentence each."""
    images = matrix.images_of(ROWS, "node", "24")
    core = list(because(ROWS, find(images, hw="up-core", distro_version="trixie", variant="run")))
    assert core[0] == "Debian GNU/Linux 13 (trixie) has amd64: docker.io/library/debian:trixie-slim"
    assert core[1].startswith("Node.js 24.8.1 for amd64/glibc is https://nodejs.org/dist/")
    assert core[2] == "up-core is balenalib/up-board-debian-node:24.8.1-trixie-run with another label"
    os_class = find(matrix.images(ROWS), hw="up-board", stack=None, distro_version="trixie", variant="run")
    assert list(because(ROWS, os_class))[1] == "up-board is a device class with a layer of its own, up"
    jdk = find(matrix.images_of(ROWS, "openjdk", "21-jdk"), hw="i386", distro_version="trixie", variant="run")
    assert "trixie has a package of Openjdk 21-jdk" in list(because(ROWS, jdk))[1]
