"""Alpine Linux: the mini root file system of every branch, which each architecture gets at a time of its own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from sources import alpine_listing as listing
from sources.offer import offer
from sources.proofs import openpgp
from sources.signatures import keyring
from sources.source import Fetch, unsigned
from sources.strict import Value, read_json
from state.errors import NotPublished, SourceError
from state.model import Arch, Artifact, Offer, Platform, Release, Version

NAME = "alpine"
DOCUMENTS = {"releases": "https://alpinelinux.org/releases.json"}
_BRANCH = re.compile(r"v([0-9]{1,3}\.[0-9]{1,3})")
_NUMBERS = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3})?")
_CANDIDATE = re.compile(r"[0-9.]{1,12}_(?:alpha|beta|rc)[0-9]{1,8}")


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """Name the listing of each supported branch and architecture, ``v3.24/x86_64``.

    There is no clock here: the day of the newest release has come for sure, so what is supported today was then.
    """
    branches, found = dict(_branches(documents)), releases({"releases": documents["releases"]})
    newest = max(r.published for r in found if r.published)
    lines = {r.line for r in found if r.supported_until and r.supported_until >= newest}
    arches = {(line, a.text()) for line in lines for a in branches[line].member("arches").items()}
    return {f"v{line}/{arch}": listing.address(line, arch) for line, arch in sorted(arches) if arch in listing.ARCHES}


verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Join what the site names and what the listings have: either may be ahead. Candidates are passed over."""
    found: dict[Version, Release] = {}
    for line, branch in _branches(documents):
        listed = [(arch, documents.get(f"v{line}/{arch}")) for arch in listing.ARCHES]
        latest = [
            listing.latest(line, arch, body) for arch, body in listed if body
        ]  # one that is not there yet is empty
        for entry in [*branch.member("releases").items(), *latest]:
            if version := _version(line, entry.member("version")):
                since, until = branch.member("branch_date").day(), branch.member("eol_date").day()
                day = entry.member("date").day()
                release = Release(NAME, line, version, day, supported_from=since, supported_until=until)
                found.setdefault(version, release)
    if not found:
        raise SourceError(NAME, DOCUMENTS["releases"], "", "names no release")
    return sorted(found.values(), key=lambda r: r.version)


def _branches(documents: Mapping[str, bytes]) -> Iterator[tuple[str, Value]]:
    """Yield line and branch, ``3.24``. edge is no release: it is a snapshot of the day, and has no dates."""
    seen = set[str]()
    for branch in read_json(NAME, DOCUMENTS["releases"], documents["releases"]).member("release_branches").items():
        name = branch.member("rel_branch")
        match = _BRANCH.fullmatch(name.text())
        if match and match[1] not in seen:
            seen.add(match[1])
            yield match[1], branch
        elif name.text() != "edge":
            raise name.wrong(f"is no branch, or stands there twice: {name.text()[:40]!r}")


def _version(line: str, value: Value) -> Version | None:
    """Return a version of *line*, or None for a candidate: ``3.24.0_rc1``."""
    if _CANDIDATE.fullmatch(value.text()):
        return None
    version = value.version(form=_NUMBERS)
    if not f"{version}.".startswith(f"{line}."):
        raise value.wrong(f"is not of {line}: {version}")
    return version


def architectures(documents: Mapping[str, bytes], line: str) -> Collection[Arch]:
    """Return what the branch is built for."""
    branch = dict(_branches(documents))[line]
    names = {each.text() for each in branch.member("arches").items()}
    return [arch for arch in Arch if arch.spelling.alpine in names]


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the listing of each architecture: one may have the release days before another."""
    arches = {p: p.arch.spelling.alpine for p in wanted if p.libc == "musl" and p.arch.spelling.alpine}
    looks = await asyncio.gather(*(_look(release, p, arch, fetch) for p, arch in arches.items()))
    found = {a.platform: a for a in looks if isinstance(a, Artifact)}
    if looks and not found:
        raise NotPublished(
            NAME, f"{listing.CDN}/v{release.line}/releases/", "", f"no architecture has {release.version}"
        )
    reasons = {p: reason for p, reason in zip(arches, looks, strict=True) if isinstance(reason, str)}
    return offer(NAME, wanted, found, lambda p: reasons.get(p, f"no upstream builds Alpine for {p}"))


async def _look(release: Release, platform: Platform, arch: str, fetch: Fetch) -> Artifact | str:
    """Return the file of *release* for one architecture, or what that has in its place."""
    url = listing.address(release.line, arch)
    try:
        entry = listing.latest(release.line, arch, await fetch.get(url))
    except NotPublished:
        return f"Alpine has no listing of v{release.line} for {arch} yet"
    if (there := entry.member("version").text()) != release.version.text:
        return f"Alpine has no {release.version} for {arch}: its newest is {there[:40]}"
    name = f"alpine-minirootfs-{release.version}-{arch}.tar.gz"
    if entry.member("file").text() != name:
        raise entry.member("file").wrong(f"is not {name}")
    file, listed = f"{listing.folder(release.line, arch)}/{name}", entry.member("sha256").checksum("sha256")
    try:
        proof = await openpgp(file, f"{file}.asc", keyring(NAME, fetch.keys), fetch)
    except NotPublished as error:
        return f"Alpine lists {release.version} for {arch}, but {error.url} is not there yet"
    if proof.checksum != listed:
        raise entry.member("sha256").wrong(f"is {listed}, but the file is {proof.checksum}")
    return Artifact(*platform, release.version, file, listed, proof.verified, signed=True)


def links(old: str | None, new: str) -> Mapping[str, str]:
    """The page of all releases, and the comparison of the package tree if there is an *old*."""
    aports = "https://gitlab.alpinelinux.org/alpine/aports/-"
    found = {"Releases": "https://alpinelinux.org/releases/", "Packages": f"{aports}/tree/v{new}"}
    return found | ({"Comparison": f"{aports}/compare/v{old}...v{new}"} if old else {})
