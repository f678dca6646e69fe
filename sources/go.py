"""Go: static tarballs for glibc and musl alike, digests published in a list, signatures beside the files.

The list of files has no dates and no word on security: both are in the history that go.dev's own page is made from.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sources import go_history, go_list, proofs
from sources.offer import offer
from sources.source import Fetch, no_more, unsigned
from state.errors import SourceError
from state.model import Arch, Artifact, Checksum, Offer, Platform, Release, Version

NAME = "go"
_FILES = "https://dl.google.com/go"
DOCUMENTS = {
    "list": go_list.SHORT,
    "history": "https://raw.githubusercontent.com/golang/website/HEAD/internal/history/release.go",
}
_BUILDS = {Arch.AMD64: "amd64", Arch.AARCH64: "arm64", Arch.ARMV7HF: "armv6l", Arch.ARMV6: "armv6l", Arch.I386: "386"}

more = no_more
verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read the history. A list that is ahead of it, with a version that it does not date yet, waits for it.

    A line is supported until the second newer one comes (https://go.dev/doc/devel/release#policy): on that day it
    may get a last release. The two newest lines have a start and no end.
    """
    history = go_history.read(DOCUMENTS["history"], documents["history"])
    for text in go_list.read(DOCUMENTS["list"], documents["list"]):
        if not (version := Version(text)).is_prerelease and version not in history:
            raise SourceError(NAME, DOCUMENTS["list"], "", f"has go{text}, which the release history does not date yet")
    starts = {_line(version): day for version, (day, _) in sorted(history.items(), reverse=True)}
    lines = list(reversed(starts))
    ends = {line: starts[second] for line, second in zip(lines, lines[2:], strict=False)}
    return [
        Release(NAME, line, version, day, "", security, starts[line], ends.get(line), line not in ends)
        for version, (day, security) in sorted(history.items())
        for line in [_line(version)]
    ]


def _line(version: Version) -> str:
    """Return ``1.21`` of 1.21.3 and of 1.21; ``1.0`` of Go 1."""
    return ".".join([*version.text.split("."), "0"][:2])


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look the files up; one archive may serve several platforms, and is asked for its signature once."""
    listed = await go_list.files(release.version.text, fetch)
    names = {p: f"go{release.version}.linux-{_BUILDS[p.arch]}.tar.gz" for p in wanted if p.arch in _BUILDS}
    files = {name: p for p, name in names.items() if name in listed}
    looked = await asyncio.gather(*(_file(release, p, name, listed, fetch) for name, p in files.items()))
    there = dict(zip(files, looked, strict=True))
    found = {p: replace(there[name], arch=p.arch, libc=p.libc) for p, name in names.items() if name in there}
    return offer(NAME, wanted, found, lambda p: _absent(p, names.get(p), release))


async def _file(
    release: Release, platform: Platform, name: str, listed: Mapping[str, Checksum], fetch: Fetch
) -> Artifact:
    url, verified = f"{_FILES}/{name}", "sha256 published by upstream"
    artifact = Artifact(*platform, release.version, url, listed[name], verified, signed=False)
    return await proofs.vouched(artifact, f"{url}.asc", fetch)


def _absent(platform: Platform, name: str | None, release: Release) -> str:
    return f"go.dev lists no {name} yet" if name else f"no upstream builds Go {release.version} for {platform}"


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release history, the issues that were fixed, and the comparison if there is an *old*."""
    github = "https://github.com/golang/go"
    found = {"Release notes": f"https://go.dev/doc/devel/release#go{new}"}
    found["Issues"] = f"{github}/issues?q=milestone%3AGo{new}"
    return found | ({"Comparison": f"{github}/compare/go{old}...go{new}"} if old else {})
