"""Where Python, Go, OpenJDK and .NET come from, platform by platform, as upstreams had it in November 2026."""

from __future__ import annotations

from dataclasses import replace

import pytest

from generator import matrix, presence
from generator.matrix import Cell
from generator.rows import Catalogue, Stack
from state.model import Arch, Platform
from tests.generator.family import family, find
from tests.generator.languages import LINES, spoken

ROWS = spoken(family([], []))
IMAGES = matrix.with_dockerfile(ROWS)
GLIBC = "amd64 aarch64 armv7hf armv6 armv5e i386"


def served(stack: str, line: str, libc: str) -> str:
    """The architectures that upstream has with that C library."""
    return " ".join(p.arch for p in matrix.wanted(ROWS, stack, line) if p.libc == libc)


@pytest.mark.parametrize(
    ("stack", "line", "glibc", "musl"),
    [
        ("python", "3.14", GLIBC, "amd64 aarch64 armv7hf armv6 i386"),
        ("golang", "1.27", "amd64 aarch64 armv7hf armv6 i386", "amd64 aarch64 armv7hf armv6 i386"),
        ("golang", "1.20", "amd64 aarch64 armv7hf armv6 i386", ""),
        ("openjdk", "8-jdk", "amd64 aarch64 armv7hf", "amd64"),
        ("openjdk", "17-jre", "amd64 aarch64 armv7hf", "amd64"),
        ("openjdk", "21-jdk", "amd64 aarch64", "amd64 aarch64"),
        ("dotnet", "10.0-sdk", "amd64 aarch64 armv7hf", "amd64 aarch64 armv7hf"),
        ("dotnet", "3.1-sdk", "amd64 aarch64 armv7hf", "amd64 aarch64"),
    ],
)
def test_upstream_has_what_it_has(stack: str, line: str, glibc: str, musl: str) -> None:
    """Line by line; the rest is a distro's package or has a reason."""
    assert (served(stack, line, "glibc"), served(stack, line, "musl")) == (glibc, musl)


@pytest.mark.parametrize("stack", LINES)
def test_every_platform_that_is_nowhere_has_a_reason(stack: str) -> None:
    """Nobody has to guess: an image of it exists, or a text says why none does."""
    for line in LINES[stack]:
        absent = dict(matrix.absent(ROWS, stack, line))
        there = {
            Platform(i.arch, ROWS.distros[i.distro].libc) for i in IMAGES if (i.stack, i.stack_line) == (stack, line)
        }
        assert there.isdisjoint(absent)
        assert len(there) + len(absent) == 12
        assert all(len(reason) > 15 for reason in absent.values())


@pytest.mark.parametrize(
    ("hw", "distro", "codename", "lines"),
    [
        ("armv7hf", "debian", "trixie", "8 11 17 21 25"),
        ("armv7hf", "debian", "bookworm", "8 11 17"),
        ("armv7hf", "ubuntu", "noble", "8 11 17 21"),
        ("i386", "debian", "bookworm", "17"),
        ("i386", "debian", "trixie", "21 25"),
        ("i386", "debian", "sid", "8 11 17 21 25"),
        ("armv5e", "debian", "trixie", "21 25"),
        ("aarch64", "alpine", "3.24", "8 11 17 21 25"),
        ("rpi", "alpine", "3.24", "8"),
        ("i386", "alpine", "edge", "8"),
        ("rpi", "raspbian", "trixie", ""),
        ("amd64", "fedora", "44", "8 11 17 21 25"),
    ],
)
def test_a_jdk_is_temurin_or_the_distros_own(hw: str, distro: str, codename: str, lines: str) -> None:
    """What Temurin does not build is there exactly where the distro has a package of it."""
    found = {
        i.stack_line for i in IMAGES if (i.hw, i.distro, i.distro_version, i.stack) == (hw, distro, codename, "openjdk")
    }
    assert found == {f"{n}-{f}" for n in lines.split() for f in ("jdk", "jre")}


def test_a_distros_package_is_named_by_its_line_alone() -> None:
    """Its version is the distro's, which we do not know: it is not in the name."""
    here = {"hw": "i386", "distro": "debian", "distro_version": "trixie", "variant": "run"}
    assert find(IMAGES, **here, stack_line="21-jdk").stack_version == "21-jdk"


def test_latest_is_what_users_mean() -> None:
    """Long-term lines of Node, Java and .NET; of Python and Go the newest, since they have no such lines."""
    assert {s.name: s.latest for s in ROWS.stacks.values()} == {
        "node": "lts", "python": "current", "golang": "current", "openjdk": "lts", "dotnet": "lts",
    }  # fmt: skip


def test_the_flavours_of_one_number_are_brought_together() -> None:
    """A JDK and its JRE are one release, and so are an SDK and its runtimes; a bare number is the first of them."""
    grouped = {s.name: s.flavours for s in ROWS.stacks.values() if s.group == "release-set"}
    assert grouped == {"openjdk": ("jdk", "jre"), "dotnet": ("sdk", "runtime", "aspnet")}


@pytest.mark.parametrize("stack", ["python", "dotnet"])
def test_every_distro_version_has_its_libraries_named(stack: str) -> None:
    """A binary without them would not start; no version of a distro of ours is forgotten."""
    row = ROWS.stacks[stack]
    for distro in ROWS.distros.values():
        for line in distro.lines:
            assert row.needs(distro, line.codename), f"{stack} on {line.codename}"


@pytest.mark.parametrize(("codename", "ssl"), [("bookworm", "libssl3"), ("trixie", "libssl3t64"), ("jammy", "libssl3")])
def test_the_names_are_those_of_the_version(codename: str, ssl: str) -> None:
    """Debian and Ubuntu renamed libraries with the 64-bit time_t: the old name is not there on 32 bit."""
    for stack in ("python", "dotnet"):
        assert ssl in ROWS.stacks[stack].libraries[codename]


def nameless(rows: Catalogue, stack: str, codename: str) -> tuple[Catalogue, Stack]:
    """The same without the libraries of *stack* on one distro version."""
    row = rows.stacks[stack]
    row = replace(row, libraries={key: names for key, names in row.libraries.items() if key != codename})
    return replace(rows, stacks={**rows.stacks, stack: row}), row


def test_on_a_new_distro_version_a_stack_waits_for_its_libraries_to_be_named() -> None:
    """No Dockerfile that cannot work: the cell is absent, and says what is missing."""
    rows, row = nameless(ROWS, "dotnet", "trixie")
    there = {(i.distro_version, i.stack) for i in matrix.with_dockerfile(rows)}
    assert ("trixie", "dotnet") not in there
    assert {("bookworm", "dotnet"), ("trixie", "python"), ("trixie", "golang")} <= there
    debian = rows.distros["debian"]
    line = next(line for line in debian.lines if line.codename == "trixie")
    reason = presence.why(row, rows.releases["dotnet", "10.0-sdk"], Cell(Arch.AMD64, debian, line, ()))
    assert reason == "stacks.toml does not name the libraries that .NET needs on trixie yet"
