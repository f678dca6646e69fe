"""Alpine's listings: what each architecture has of a branch today, one file per branch and architecture."""

from __future__ import annotations

from sources.formats import read_yaml
from sources.strict import Value
from state.model import Arch

CDN = "https://dl-cdn.alpinelinux.org/alpine"
ARCHES = [arch.spelling.alpine for arch in Arch if arch.spelling.alpine]


def folder(line: str, arch: str) -> str:
    """Return where the files of ``3.24`` for ``x86_64`` lie."""
    return f"{CDN}/v{line}/releases/{arch}"


def address(line: str, arch: str) -> str:
    """Return where the listing lies."""
    return f"{folder(line, arch)}/latest-releases.yaml"


def latest(line: str, arch: str, body: bytes) -> Value:
    """Return the entry of the mini root file system in a listing; of each flavor it has the newest only."""
    root = read_yaml("alpine", address(line, arch), body)
    entries = [e for e in root.items() if e.member("flavor").raw == "alpine-minirootfs"]
    if len(entries) != 1:
        raise root.wrong(f"has {len(entries)} mini root file systems, not one")
    if entries[0].member("arch").text() != arch:
        raise entries[0].member("arch").wrong(f"is not {arch}")
    return entries[0]
