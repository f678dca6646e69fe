""".NET: SDK, runtime and ASP.NET Core runtime of every channel, by the release metadata that Microsoft publishes.

Nothing of it is signed, and its digests have been wrong (https://github.com/dotnet/core/issues/10285): what they
say is compared with the files before anything is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from sources import dotnet_channels as metadata
from sources.offer import offer
from sources.source import Fetch, unsigned
from sources.strict import Value, read_json
from state.model import Arch, Artifact, Offer, Platform, Release, Version

NAME = "dotnet"
DOCUMENTS = {"index": metadata.INDEX}
_FILES = {
    "sdk": "Sdk/{0}/dotnet-sdk-{0}",
    "runtime": "Runtime/{0}/dotnet-runtime-{0}",
    "aspnet": "aspnetcore/Runtime/{0}/aspnetcore-runtime-{0}",
}
_PLATFORMS = {
    Platform(Arch.AMD64, "glibc"): "linux-x64",
    Platform(Arch.AARCH64, "glibc"): "linux-arm64",
    Platform(Arch.ARMV7HF, "glibc"): "linux-arm",
    Platform(Arch.AMD64, "musl"): "linux-musl-x64",
    Platform(Arch.AARCH64, "musl"): "linux-musl-arm64",
    Platform(Arch.ARMV7HF, "musl"): "linux-musl-arm",
}
_SHA512 = re.compile("[0-9a-f]{128}")
_UNFINISHED = frozenset({"preview", "go-live"})


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """The document of each channel that is released and not at its end: previews and ended ones bring no release."""
    asked = {}
    for name, channel in metadata.channels(documents["index"]).items():
        if channel.member("support-phase").text() not in (_UNFINISHED | {"eol"}):
            asked[name], url = metadata.document(name), channel.member("releases.json")
            if url.text() != asked[name]:
                raise url.wrong(f"leads elsewhere than to {asked[name]}: {url.text()[:200]!r}")
    return asked


verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read the channels' documents; of an ended channel the index names the last release and the day of the end.

    All bands of the SDK are on one line: the highest is the newest version (10.0.302 over 10.0.110).
    """
    found: dict[tuple[str, Version], Release] = {}
    asked = more(documents)
    for name, channel in metadata.channels(documents["index"]).items():
        if channel.member("support-phase").text() in _UNFINISHED:
            continue
        read = metadata.released(name, channel, documents[name]) if name in asked else metadata.last(name, channel)
        found |= {(release.line, release.version): release for release in read}
    if not found:
        raise read_json(NAME, DOCUMENTS["index"], documents["index"]).wrong("names no release")
    return sorted(found.values(), key=lambda r: (r.version, r.line))


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the channel's document for the URL of each file. A digest that is no sha512 refuses its file.

    One that any other file of the channel has too refuses the release: on 2026-01-13 the files of 10.0.2 were
    published with the digests of 10.0.1.
    """
    channel, _, flavour = release.line.partition("-")
    document = metadata.document(channel)
    listed = metadata.digests(channel, await fetch.get(document))
    folder = f"{metadata.HOST}/{_FILES[flavour].format(release.version)}"
    urls = {p: f"{folder}-{_PLATFORMS[p]}.tar.gz" for p in wanted if p in _PLATFORMS}

    def reason(platform: Platform) -> str:
        if platform not in urls:
            return f"Microsoft does not build .NET for {platform}"
        if (url := urls[platform]) not in listed:
            return f"{document} does not list {url}"
        return f"{document} has no sha512 of {url}: {listed[url].text()[:20]!r}"

    good = {p: url for p, url in urls.items() if url in listed and _SHA512.fullmatch(listed[url].text())}
    found = {p: _artifact(p, release, url, listed) for p, url in good.items()}
    return offer(NAME, wanted, found, reason)


def _artifact(platform: Platform, release: Release, url: str, listed: Mapping[str, Value]) -> Artifact:
    digest = listed[url]
    twin = next((other for other, value in listed.items() if value.raw == digest.raw and other != url), None)
    if twin is not None:
        raise digest.wrong(f"is the digest of {url} and of {twin}")
    verified = "sha512 published by upstream"
    return Artifact(*platform, release.version, url, digest.checksum("sha512"), verified, signed=False)


def links(old: str | None, new: str) -> Mapping[str, str]:
    """Release notes, and the comparison of the sources if there is an *old*; an SDK's patch has three digits."""
    channel, _, patch = new.rpartition(".")
    sdk = len(patch) == 3  # noqa: PLR2004
    notes = "README.md" if sdk else f"{new}/{new}.md"
    found = {"Release notes": f"https://github.com/dotnet/core/blob/main/release-notes/{channel}/{notes}"}
    compare = f"https://github.com/dotnet/{'sdk' if sdk else 'runtime'}/compare"
    return found | ({"Comparison": f"{compare}/v{old}...v{new}"} if old else {})
