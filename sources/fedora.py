"""Fedora: container base images as the site's feed names them, with the windows of support that Bodhi states."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sources import bodhi
from sources.digests import BSD, signed_list
from sources.offer import offer
from sources.source import Fetch, no_more, unsigned
from sources.strict import Value, read_json
from state.errors import NotPublished, SourceError
from state.model import Arch, Artifact, Offer, Platform, Release, Version

NAME = "fedora"
DOCUMENTS = {
    "releases": "https://fedoraproject.org/releases.json",
    "bodhi": bodhi.URL,
}
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_BETA = re.compile(r"[1-9][0-9]{0,3} Beta")
_MIRRORS, _MASTER = "https://download.fedoraproject.org/", "https://dl.fedoraproject.org/"
"""The first redirects to a mirror of its choice, the second holds the same paths itself."""

_LINK = re.compile(
    rf"{re.escape(_MIRRORS)}(pub/(?:[A-Za-z0-9_-]+/)+)([A-Za-z0-9._-]*-(?P<label>[0-9]+-[0-9.]*[0-9])\.[A-Za-z0-9._-]+)"
)


more = no_more
verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Return one release per number; ``42 Beta`` is none. A number that Bodhi gives no end has no window.

    The feed forgets what has ended, Bodhi does not: below the newest, what has an end is a release too. Neither says
    when one came out (Bodhi's ``released_on`` is null).
    """
    ends = bodhi.ends(documents["bodhi"])
    feed = read_json(NAME, DOCUMENTS["releases"], documents["releases"])
    found = {version for row in feed.items() if (version := _version(row.member("version")))}
    if not found:
        raise feed.wrong("names no release")
    found |= {version for number in ends if (version := Version(number)) < max(found)}
    return [Release(NAME, v.text, v, None, supported_until=ends.get(v.text)) for v in sorted(found)]


def _version(value: Value) -> Version | None:
    return None if _BETA.fullmatch(value.text()) else value.version(form=_NUMBER)


def architectures(documents: Mapping[str, bytes], line: str) -> Collection[Arch]:
    """Return what the release has a container image for."""
    rows = _images(read_json(NAME, DOCUMENTS["releases"], documents["releases"]), Version(line))
    return [arch for arch in Arch if arch.spelling.fedora in rows]


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Take link and digest from the feed (file names follow no scheme), and the signature from the list beside it."""
    feed = read_json(NAME, DOCUMENTS["releases"], await fetch.get(DOCUMENTS["releases"]))
    rows, found, reasons = _images(feed, release.version), dict[Platform, Artifact](), dict[Platform, str]()
    for platform in wanted:
        arch = platform.arch.spelling.fedora if platform.libc == "glibc" else None
        if arch is None:
            reasons[platform] = f"no upstream builds Fedora for {platform}"
        elif arch not in rows:
            reasons[platform] = f"the feed has no container image of {release.version} for {arch}"
        else:
            try:
                found[platform] = await _artifact(release, platform, rows[arch], fetch)
            except NotPublished as error:
                reasons[platform] = f"is not signed yet: {error.url} is not there"
    return offer(NAME, wanted, found, reasons.__getitem__)


def _images(feed: Value, version: Version) -> dict[str, Value]:
    """Return Fedora's architecture → row of the container base image; toolboxes and minimal ones are others."""
    wanted, found = ("Container", "Container_Base", version.text), dict[str, Value]()
    for row in feed.items():
        if tuple(row.member(key).raw for key in ("variant", "subvariant", "version")) == wanted:
            arch = row.member("arch")
            if found.setdefault(arch.text(), row).raw != row.raw:
                raise arch.wrong(f"has a second image of {version}: {arch.text()[:40]!r}")
    return found


async def _artifact(release: Release, platform: Platform, row: Value, fetch: Fetch) -> Artifact:
    """Return the image of *row*: the signed list of its folder must say what the feed says."""
    link, checksum = row.member("link"), row.member("sha256").checksum("sha256")
    match = _LINK.fullmatch(link.text())
    if match is None:
        raise link.wrong(f"is not the link of an image: {link.text()[:100]!r}")
    folder, name, label, arch = _MASTER + match[1], match[2], match["label"], row.member("arch").text()
    listing = await signed_list(NAME, f"{folder}Fedora-Container-{label}-{arch}-CHECKSUM", fetch, BSD)
    if listing.digests.get(name) != checksum:
        raise SourceError(NAME, listing.url, name, f"is {listing.digests.get(name)}, but the feed says {checksum}")
    return Artifact(*platform, release.version, folder + name, checksum, listing.verified, signed=True)


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release notes and the schedule; a release has no version before it in its line."""
    del old
    docs = "https://docs.fedoraproject.org/en-US/fedora/f"
    schedule = f"https://fedorapeople.org/groups/schedule/f-{new}/f-{new}-key-tasks.html"
    return {"Release notes": f"{docs}{new}/release-notes/", "Schedule": schedule}
