"""The page's own catalogue of 2022-08-24, an extract: we have what it had, or say why upstream never shipped it."""

from __future__ import annotations

from pathlib import Path

from tests.generator import then

ROWS = then.read(Path(__file__).with_name("page-2022.tsv").read_text())
MISSING = then.missing(ROWS)

NEVER = {
    ("golang", "musl"): "the official toolchain is static since 1.21: older ones need glibc",
    ("node", "aarch64"): "the unofficial arm64 musl recipe begins with 24",
    ("node", "armv7hf"): "nobody publishes Node.js binaries for armv7l with musl",
    ("node", "rpi"): "nobody publishes Node.js binaries for armv6l with musl",
    ("node", "i386"): "nobody publishes Node.js binaries for x86 with musl",
    ("openjdk", "rpi"): "OpenJDK's server VM, which is what Raspbian packages, is only supported on ARMv7 and later",
    ("openjdk", "i386"): "Temurin is not built for 32-bit x86: there is what Debian packages",
}
"""What the original made from binaries of its own that nobody else could get, and what is built but cannot run."""


def test_what_is_missing_is_what_upstream_never_shipped() -> None:
    """Go and Node with musl, a Java that does not start on ARMv6, and one that Ubuntu never had; nothing else."""
    for row, reason in MISSING.items():
        key = (row.stack, "musl" if row.stack == "golang" else row.hw)
        assert reason.startswith(NEVER[key]), row
        assert row.distro == "alpine" or row.stack == "openjdk", row


def test_everything_else_of_the_page_is_there() -> None:
    """All operating systems, Python on everything, .NET, and seven in eight of all."""
    gone = {(row.stack, row.version) for row in MISSING}
    assert {stack for stack, _ in gone} == {"golang", "node", "openjdk"}
    assert ("node", "12.22.12") not in gone
    assert ("openjdk", "7-jdk") not in gone
    assert ("openjdk", "8-jdk") not in gone
    assert (len(ROWS), len(MISSING)) == (168, 20)


def test_the_comparison_would_notice_a_lost_platform() -> None:
    """A row that nothing serves and nothing explains is found, and has no reason."""
    lost = then.Row("armv7hf", "fedora", "37", "", "", "run")
    assert then.missing([lost]) == {lost: ""}


def test_a_version_of_the_page_belongs_to_a_line() -> None:
    """Node by its first number, Python and Go by two; of Java and .NET the page says the line itself."""
    pairs = {"node": ("18.7.0", "18"), "python": ("3.10.5", "3.10"), "golang": ("1.19", "1.19"),
             "openjdk": ("11-jre", "11-jre"), "dotnet": ("3.1-sdk", "3.1-sdk")}  # fmt: skip
    for stack, (version, line) in pairs.items():
        assert then.line_of(stack, version) == line
