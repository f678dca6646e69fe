"""Rust: the stable channel's manifest, which names a file and a digest per target."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sources.formats import read_toml
from sources.offer import offer
from sources.source import Fetch, no_more, unsigned
from sources.strict import Value
from state.model import Arch, Artifact, Offer, Platform, Release, Version

NAME = "rust"
_DIST = "https://static.rust-lang.org/dist"
DOCUMENTS = {"stable": f"{_DIST}/channel-rust-stable.toml"}
_N = "(?:0|[1-9][0-9]{0,3})"
_VERSION = re.compile(rf"({_N}\.{_N}\.{_N}) \([0-9a-f]{{1,40}} [0-9-]{{10}}\)")
_TARGETS = {  # those with a compiler: https://doc.rust-lang.org/rustc/platform-support.html
    Platform(Arch.AMD64, "glibc"): "x86_64-unknown-linux-gnu",
    Platform(Arch.AARCH64, "glibc"): "aarch64-unknown-linux-gnu",
    Platform(Arch.ARMV7HF, "glibc"): "armv7-unknown-linux-gnueabihf",
    Platform(Arch.ARMV6, "glibc"): "arm-unknown-linux-gnueabihf",
    Platform(Arch.I386, "glibc"): "i686-unknown-linux-gnu",
    Platform(Arch.AMD64, "musl"): "x86_64-unknown-linux-musl",
    Platform(Arch.AARCH64, "musl"): "aarch64-unknown-linux-musl",
}


more = no_more
verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read the one release that is supported: the newest stable one, for as long as it is that (no end is stated)."""
    manifest = _read(DOCUMENTS["stable"], documents["stable"])
    version, day = _version(manifest), manifest.member("date").day()
    return [Release(NAME, str(version.major), version, day, supported_from=day, maintained=True)]


def _read(url: str, body: bytes) -> Value:
    """Return the root of a manifest of the one layout that we know."""
    root = read_toml(NAME, url, body)
    if root.member("manifest-version").text() != "2":
        raise root.member("manifest-version").wrong("is not 2")
    return root


def _version(manifest: Value) -> Version:
    """Return the version of ``1.98.1 (a1b2c3d4e 2026-09-01)``; the stable channel has no other form."""
    value = manifest.member("pkg").member("rust").member("version")
    match = _VERSION.fullmatch(value.text())
    if match is None:
        raise value.wrong(f"is not a version, commit and day: {value.text()[:60]!r}")
    return Version(match[1])


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the manifest of this very release: the channel's may have moved on."""
    url = f"{_DIST}/channel-rust-{release.version}.toml"
    manifest = _read(url, await fetch.get(url))
    if _version(manifest) != release.version:
        raise manifest.member("pkg").member("rust").member("version").wrong(f"is not {release.version}")
    targets = manifest.member("pkg").member("rust").member("target")
    built = {p: targets.member(_TARGETS[p]) for p in wanted if p in _TARGETS}
    there = {p: target for p, target in built.items() if target.raw is not None and target.member("available").flag()}
    found = {p: _artifact(release, p, _TARGETS[p], target) for p, target in there.items()}
    return offer(NAME, wanted, found, lambda p: _absent(p, release))


def _absent(platform: Platform, release: Release) -> str:
    if platform in _TARGETS:
        return f"Rust {release.version} is not available for {_TARGETS[platform]}"
    return f"no upstream builds Rust for {platform}"


def _artifact(release: Release, platform: Platform, triple: str, target: Value) -> Artifact:
    """Return the xz file of one target; its folder is the day of the release."""
    url, name = target.member("xz_url"), f"rust-{release.version}-{triple}.tar.xz"
    if not re.fullmatch(rf"{re.escape(_DIST)}/(?:[0-9-]{{10}}/)?{re.escape(name)}", url.text()):
        raise url.wrong(f"is not the address of {name}: {url.text()[:120]!r}")
    checksum = target.member("xz_hash").checksum("sha256")
    said = "sha256 published by upstream"
    return Artifact(*platform, release.version, url.text(), checksum, said, signed=False)


def links(old: str | None, new: str) -> Mapping[str, str]:
    """The release's notes, and the comparison if there is an *old*."""
    github = "https://github.com/rust-lang/rust"
    found = {"Release notes": f"{github}/releases/tag/{new}"}
    return found | ({"Comparison": f"{github}/compare/{old}...{new}"} if old else {})
