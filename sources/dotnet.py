""".NET: SDK, runtime and ASP.NET Core runtime of every channel, by the release metadata that Microsoft publishes.

Nothing of it is signed, and its digests have been wrong (https://github.com/dotnet/core/issues/10285): what they
say is compared with the files before anything is proposed.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from sources.source import Fetch, unsigned
from sources.strict import SEMVER, Value, read_json
from state.model import Arch, Artifact, Offer, Platform, Release, Version

NAME = "dotnet"
_HOST = "https://builds.dotnet.microsoft.com/dotnet"
DOCUMENTS = {"index": f"{_HOST}/release-metadata/releases-index.json"}
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
_CHANNEL = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{1,2}")
_SHA512 = re.compile("[0-9a-f]{128}")
_UNFINISHED = frozenset({"preview", "go-live"})
_OLD = 5
""".NET Core, all channels below, ended by 2022; some of its documents name a runtime twice, and files without digests."""


def more(documents: Mapping[str, bytes]) -> Mapping[str, str]:
    """The document of each channel that is released and not at its end: previews and ended ones bring no release."""
    asked = {}
    for name, channel in _channels(documents).items():
        if channel.member("support-phase").text() not in (_UNFINISHED | {"eol"}):
            asked[name], url = _document(name), channel.member("releases.json")
            if url.text() != asked[name]:
                raise url.wrong(f"leads elsewhere than to {asked[name]}: {url.text()[:200]!r}")
    return asked


def _document(channel: str) -> str:
    return f"{_HOST}/release-metadata/{channel}/releases.json"


def _channels(documents: Mapping[str, bytes]) -> dict[str, Value]:
    """Return channel (``8.0``) → its entry in the index."""
    found: dict[str, Value] = {}
    for entry in read_json(NAME, DOCUMENTS["index"], documents["index"]).member("releases-index").items():
        name = entry.member("channel-version")
        if not _CHANNEL.fullmatch(name.text()):
            raise name.wrong(f"is not a channel: {name.text()[:40]!r}")
        if found.setdefault(name.text(), entry) is not entry:
            raise name.wrong(f"stands there twice: {name.text()}")
    return {name: entry for name, entry in found.items() if int(name.partition(".")[0]) >= _OLD}


verify = unsigned


def releases(documents: Mapping[str, bytes]) -> Sequence[Release]:
    """Read the channels' documents; of an ended channel the index names the last release and the day of the end.

    All bands of the SDK are on one line: the highest is the newest version (10.0.302 over 10.0.110).
    """
    found: dict[tuple[str, Version], Release] = {}
    asked = more(documents)
    for name, channel in _channels(documents).items():
        if channel.member("support-phase").text() in _UNFINISHED:
            continue
        for release in _released(name, channel, documents[name]) if name in asked else _last(name, channel):
            found[release.line, release.version] = release
    if not found:
        raise read_json(NAME, DOCUMENTS["index"], documents["index"]).wrong("names no release")
    return sorted(found.values(), key=lambda r: (r.version, r.line))


def _released(name: str, channel: Value, body: bytes) -> Iterator[Release]:
    """Yield the releases of a channel's own document, previews passed over."""
    root = read_json(NAME, _document(name), body)
    if root.member("channel-version").text() != name:
        raise root.member("channel-version").wrong(f"is not channel {name}")
    until = _end(channel) or _end(root)  # the index lost it for hours, on patch days (2026-03-10, 2026-04-14)
    seen = set()
    for entry in root.member("releases").items():
        day, security = entry.member("release-date").day(), entry.member("security").flag()
        for flavour, version, part in _parts(entry):
            if (flavour, version) in seen:
                raise part.member("version").wrong(f"stands there twice: {version}")
            seen.add((flavour, version))
            if not version.is_prerelease:
                yield Release(
                    NAME, f"{name}-{flavour}", version, day, _lts(channel), security, None, until, until is None
                )


def _last(name: str, channel: Value) -> Iterator[Release]:
    """Yield the last release of an ended channel: from 5.0 on, both runtimes have one version."""
    day, security = channel.member("latest-release-date").day(), channel.member("security").flag()
    for flavour, key in {"sdk": "latest-sdk", "runtime": "latest-runtime", "aspnet": "latest-runtime"}.items():
        version = channel.member(key).version("", SEMVER)
        yield Release(NAME, f"{name}-{flavour}", version, day, _lts(channel), security, None, _end(channel))


def _lts(channel: Value) -> str:
    return "LTS" if channel.member("release-type").text() == "lts" else ""


def _end(channel: Value) -> date | None:
    """Return the last day of support, where it is stated: the key is optional."""
    day = channel.member("eol-date")
    return None if day.raw is None else day.day()


def _parts(entry: Value) -> Iterator[tuple[str, Version, Value]]:
    """Yield flavour, version and the part of a release that describes it; any of them may be null."""
    bands = entry.member("sdks")
    sdks = [entry.member("sdk")] if bands.raw is None else list(bands.items())
    parts = [("sdk", sdk) for sdk in sdks]
    parts += [("runtime", entry.member("runtime")), ("aspnet", entry.member("aspnetcore-runtime"))]
    for flavour, part in parts:
        if part.raw is not None:
            yield flavour, part.member("version").version("", SEMVER), part


async def artifacts(release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
    """Look into the channel's document for the URL of each file. A digest that is no sha512 refuses its file.

    One that any other file of the channel has too refuses the release: on 2026-01-13 the files of 10.0.2 were
    published with the digests of 10.0.1.
    """
    channel, _, flavour = release.line.partition("-")
    document = _document(channel)
    listed = _listed(read_json(NAME, document, await fetch.get(document)))
    found: list[Artifact] = []
    missing: list[tuple[Platform, str]] = []
    for platform in wanted:
        url = f"{_HOST}/{_FILES[flavour].format(release.version)}-{_PLATFORMS.get(platform)}.tar.gz"
        if platform not in _PLATFORMS:
            missing.append((platform, f"Microsoft does not build .NET for {platform}"))
        elif url not in listed:
            missing.append((platform, f"{document} does not list {url}"))
        elif not _SHA512.fullmatch(listed[url].text()):
            missing.append((platform, f"{document} has no sha512 of {url}: {listed[url].text()[:20]!r}"))
        else:
            found.append(_artifact(platform, release, url, listed))
    return Offer(tuple(found), tuple(missing))


def _listed(root: Value) -> dict[str, Value]:
    """Return URL → digest in lower case of every file in a channel's document; the SDK's stand there twice."""
    found: dict[str, Value] = {}
    for entry in root.member("releases").items():
        for file in (file for _, _, part in _parts(entry) for file in part.member("files").items()):
            url, digest = file.member("url").text(), file.member("hash")
            digest = replace(digest, raw=digest.text().lower())
            if found.setdefault(url, digest).raw != digest.raw:
                raise digest.wrong(f"is a second digest of {url}")
    return found


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
