"""Rust's manifest, made after its documented layout: no recording of it was to be had.

The layout is that of https://forge.rust-lang.org/infra/channel-layout.html; version, day and the two xz digests of
glibc are real, the rest is made up.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from sources import rust
from state.errors import NotPublished, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages

REPOSITORY = Path(__file__).parents[2]
STABLE = (Path(__file__).parent / "rust" / "channel-rust-stable.toml").read_bytes()
OWN = "https://static.rust-lang.org/dist/channel-rust-1.98.1.toml"
AMD64, AARCH64 = Platform(Arch.AMD64, "glibc"), Platform(Arch.AARCH64, "glibc")
RELEASE = Release("rust", "1", Version("1.98.1"), date(2026, 9, 3))


def test_the_newest_stable_release_is_the_one_that_is_supported() -> None:
    """Its version is the package rust's, cargo has one of its own; no end of support is stated."""
    (release,) = rust.releases({"stable": STABLE})
    assert (release.line, release.version.text, release.published) == ("1", "1.98.1", date(2026, 9, 3))
    assert release.supported(date(2026, 9, 3))
    assert not release.supported(date(2026, 9, 2))


@pytest.mark.parametrize(
    ("was", "now", "field"),
    [
        (b'"1.98.1 (a1b2c3d4e 2026-09-01)"', b'"1.99.0-beta.1 (a1b2c3d4e 2026-09-01)"', "pkg.rust.version"),
        (b'"1.98.1 (a1b2c3d4e 2026-09-01)"', b'"1.98.1; id (a1b2c3d4e 2026-09-01)"', "pkg.rust.version"),
        (b'"1.98.1 (a1b2c3d4e 2026-09-01)"', b"1.98", "pkg.rust.version"),
        (b"[pkg.rust]", b"[pkg.rusty]", "pkg.rust.version"),
        (b'date = "2026-09-03"', b"date = 2026-09-03", "date"),
        (b'manifest-version = "2"', b'manifest-version = "3"', "manifest-version"),
        (b'manifest-version = "2"', b"<html>", ""),
        (b'manifest-version = "2"', b"\xff", ""),
        (b'manifest-version = "2"', b"x = " + b"[" * 5000, ""),
    ],
)
def test_a_wrong_manifest_is_refused(was: bytes, now: bytes, field: str) -> None:
    """No stable version, hostile texts, another layout, no TOML: source, URL and place."""
    with pytest.raises(SourceError) as caught:
        rust.releases({"stable": STABLE.replace(was, now)})
    assert (caught.value.source, caught.value.url, caught.value.field) == ("rust", rust.DOCUMENTS["stable"], field)


async def test_files_are_those_of_the_releases_own_manifest() -> None:
    """The channel moves on; each release keeps a manifest. xz goes before gz, and nobody signed the digest."""
    offer = await rust.artifacts(RELEASE, [AMD64, AARCH64], Pages({OWN: STABLE}, source="rust"))
    assert [(a.platform, a.url, a.checksum.digest[:8], a.signed) for a in offer.artifacts] == [
        (p, f"https://static.rust-lang.org/dist/2026-09-03/rust-1.98.1-{triple}.tar.xz", digest, False)
        for p, triple, digest in [
            (AMD64, "x86_64-unknown-linux-gnu", "5326b36c"),
            (AARCH64, "aarch64-unknown-linux-gnu", "0b514a8c"),
        ]
    ]
    assert offer.artifacts[0].verified == "sha256 published by upstream"


async def test_what_is_not_there_has_a_reason() -> None:
    """Not available this time, not in the manifest, or never built: ARMv5 has no compiler of its own."""
    wanted = [Platform(Arch.AARCH64, "musl"), Platform(Arch.I386, "glibc"), Platform(Arch.ARMV5E, "glibc")]
    offer = await rust.artifacts(RELEASE, [AMD64, *wanted], Pages({OWN: STABLE}, source="rust"))
    assert [reason for _, reason in offer.missing] == [
        "Rust 1.98.1 is not available for aarch64-unknown-linux-musl",
        "Rust 1.98.1 is not available for i686-unknown-linux-gnu",
        "no upstream builds Rust for armv5e/glibc",
    ]


async def test_a_release_without_its_manifest_is_not_published() -> None:
    """It is held until it has one."""
    with pytest.raises(NotPublished):
        await rust.artifacts(RELEASE, [AMD64], Pages({}, source="rust"))


@pytest.mark.parametrize(
    ("was", "now", "problem"),
    [
        (b'version = "1.98.1 (', b'version = "1.98.0 (', r"is not 1\.98\.1"),
        (b"rust-1.98.1-x86_64-unknown-linux-gnu.tar.xz", b"rust-1.98.1-i686-unknown-linux-gnu.tar.xz", "address of"),
        (
            b'xz_url = "https://static.rust-lang.org/dist/2026-09-03/rust-',
            b'xz_url = "https://evil.test/rust-',
            "address",
        ),
        (b"5326b36c53de11d1", b"5326B36C53DE11D1", "is not a sha256 digest"),
        (b"5326b36c53de11d1", b"", "is not a sha256 digest"),
        (b'xz_hash = "5326', b'xz_hash_ = "5326', "is not a string"),
    ],
)
async def test_a_strange_target_is_refused(was: bytes, now: bytes, problem: str) -> None:
    """Another release's manifest, another target's file, another host, no digest."""
    with pytest.raises(SourceError, match=problem):
        await rust.artifacts(RELEASE, [AMD64], Pages({OWN: STABLE.replace(was, now)}, source="rust"))


async def test_one_digest_for_two_targets_is_refused() -> None:
    """One of them carries the other's by mistake."""
    first, second = (
        b"5326b36c53de11d148c8f8dab6553a3d1006c2cfd32123683073fad3c302605b",
        b"0b514a8cc1cbcd939bff0f151661fe58b6ea5c7a7f645a5098c69e32e8c1e0a2",
    )
    with pytest.raises(SourceError, match="has the same digest as"):
        await rust.artifacts(RELEASE, [AMD64, AARCH64], Pages({OWN: STABLE.replace(second, first)}, source="rust"))


def test_links_lead_to_notes_and_comparison() -> None:
    """A first version has nothing to be compared with."""
    assert rust.links("1.98.0", "1.98.1")["Comparison"].endswith("/compare/1.98.0...1.98.1")
    assert rust.links(None, "1.98.1") == {"Release notes": "https://github.com/rust-lang/rust/releases/tag/1.98.1"}


def test_nothing_else_knows_of_the_worked_example() -> None:
    """Adding a source takes its module and its line among the sources: CONTRIBUTING promises that."""
    folders = [REPOSITORY / name for name in ("sources", "watcher", "state", "generator", "builder")]
    files = [f for folder in folders for f in folder.rglob("*") if f.suffix in (".py", ".toml", ".j2", ".html", ".sql")]
    word = re.compile(r"\brust\b", re.IGNORECASE)
    assert {str(f.relative_to(REPOSITORY)) for f in files if word.search(f.read_text())} == {
        "sources/__init__.py",
        "sources/rust.py",
    }
