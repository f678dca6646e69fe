"""Go: static tarballs for glibc and musl alike, digests published in a list, signatures beside the files.

The list of files has no dates and no word on security: both are in the history that go.dev's own page is made from.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sources import go_history, proofs
from sources.digests import refuse_twins
from sources.signatures import keyring
from sources.source import Fetch, unsigned
from sources.strict import Value, read_json
from state.errors import NotPublished, SourceError
from state.model import Arch, Artifact, Checksum, Offer, Platform, Release, Version

NAME = "go"
_LIST, _FILES = "https://go.dev/dl/?mode=json", "https://dl.google.com/go"
DOCUMENTS = {  # the whole list is 3 MB without validators: it is asked for only where the short one lacks a release
    "list": _LIST,
    "history": "https://raw.githubusercontent.com/golang/website/HEAD/internal/history/release.go",
}
_BUILDS = {Arch.AMD64: "amd64", Arch.AARCH64: "arm64", Arch.ARMV7HF: "armv6l", Arch.ARMV6: "armv6l", Arch.I386: "386"}
_N = "(?:0|[1-9][0-9]{0,3})"
_FORM = re.compile(rf"{_N}(?:\.{_N}){{0,2}}(?:(?:beta|rc){_N})?")
_WORD = re.compile(r"[A-Za-z0-9._-]{0,80}")


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """None: the two documents are all."""
    del documents
    return {}


verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read the history. A list that is ahead of it, with a version that it does not date yet, waits for it.

    A line is supported until the second newer one comes (https://go.dev/doc/devel/release#policy): on that day it
    may get a last release. The two newest lines have a start and no end.
    """
    history = go_history.read(DOCUMENTS["history"], documents["history"])
    for text in _listed(_LIST, documents["list"]):
        if not (version := Version(text)).is_prerelease and version not in history:
            raise SourceError(NAME, _LIST, "", f"has go{text}, which the release history does not date yet")
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


def _listed(url: str, body: bytes) -> dict[str, dict[str, Checksum]]:
    """Return version → its Linux archives with their digests; until 1.5 files had none, and are left out."""
    found: dict[str, dict[str, Checksum]] = {}
    for entry in read_json(NAME, url, body).items():
        version = entry.member("version").version("go", _FORM)
        if entry.member("stable").flag() == version.is_prerelease:
            raise entry.member("stable").wrong(f"contradicts {version}")
        if version.text in found:
            raise entry.member("version").wrong(f"stands there twice: {version}")
        found[version.text] = {}
        for file in entry.member("files").items():
            if file.member("os").text() == "linux" and file.member("kind").text() == "archive":
                _add(found[version.text], version, file)
    return found


def _add(files: dict[str, Checksum], version: Version, file: Value) -> None:
    name, digest = file.member("filename"), file.member("sha256")
    if name.text() != f"go{version}.linux-{file.member('arch').text()}.tar.gz" or not _WORD.fullmatch(name.text()):
        raise name.wrong(f"is not the name of that archive: {name.text()[:60]!r}")
    if name.text() in files:
        raise name.wrong("stands there twice")
    if digest.text():
        files[name.text()] = digest.checksum("sha256")


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look the files up, in the short list or else in the whole one, and check the signature of each."""
    listed = await _files(release.version.text, fetch)
    names = {p: f"go{release.version}.linux-{_BUILDS[p.arch]}.tar.gz" for p in wanted if p.arch in _BUILDS}
    plain = {
        name: Artifact(
            *p,
            release.version,
            f"{_FILES}/{name}",
            listed[name],
            "sha256 published by upstream; compared with the file",
            signed=False,
        )
        for p, name in names.items()
        if name in listed
    }
    refuse_twins(NAME, plain.values())
    files = dict(zip(plain, await asyncio.gather(*(_signed(a, fetch) for a in plain.values())), strict=True))
    found = tuple(replace(files[n], arch=p.arch, libc=p.libc) for p, n in names.items() if n in files)
    return Offer(found, tuple((p, _absent(p, names.get(p), release)) for p in wanted if names.get(p) not in files))


def _absent(platform: Platform, name: str | None, release: Release) -> str:
    return f"go.dev lists no {name} yet" if name else f"no upstream builds Go {release.version} for {platform}"


async def _files(version: str, fetch: Fetch) -> Mapping[str, Checksum]:
    """Return the archives of *version*: a line's last release leaves the short list as soon as a newer line comes."""
    for url in (_LIST, f"{_LIST}&include=all"):
        listed = _listed(url, await fetch.get(url))
        if version in listed:
            return listed[version]
    raise NotPublished(NAME, f"{_LIST}&include=all", "", f"has no go{version} yet")


async def _signed(artifact: Artifact, fetch: Fetch) -> Artifact:
    """Return the artifact as signed, if there is a signature; else the file is still compared with its digest."""
    try:
        proof = await proofs.openpgp(artifact.url, keyring(NAME, fetch.keys), fetch)
    except NotPublished:
        return artifact
    if proof.checksum != artifact.checksum:
        raise SourceError(NAME, artifact.url, "", f"is {proof.checksum}, but the list says {artifact.checksum}")
    return replace(artifact, verified=proof.verified, signed=True)


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release history, the issues that were fixed, and the comparison if there is an *old*."""
    github = "https://github.com/golang/go"
    found = {"Release notes": f"https://go.dev/doc/devel/release#go{new}"}
    found["Issues"] = f"{github}/issues?q=milestone%3AGo{new}"
    return found | ({"Comparison": f"{github}/compare/go{old}...go{new}"} if old else {})
