"""The release metadata of .NET: an index of channels, and a document per channel with every release and its files.

https://github.com/dotnet/core/blob/main/release-notes/schemas/README.md
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date

from sources.strict import SEMVER, Value, read_json
from state.model import Release, Version

NAME = "dotnet"
HOST = "https://builds.dotnet.microsoft.com/dotnet"
INDEX = f"{HOST}/release-metadata/releases-index.json"
_CHANNEL = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{1,2}")
_OLD = 5
""".NET Core, all channels below, ended by 2022; some of its documents name a runtime twice, and files without digests."""


def document(channel: str) -> str:
    """Return where the document of *channel* lies."""
    return f"{HOST}/release-metadata/{channel}/releases.json"


def channels(index: bytes) -> Mapping[str, Value]:
    """Return channel (``8.0``) → its entry in the index."""
    found: dict[str, Value] = {}
    for entry in read_json(NAME, INDEX, index).member("releases-index").items():
        name = entry.member("channel-version")
        if not _CHANNEL.fullmatch(name.text()):
            raise name.wrong(f"is not a channel: {name.text()[:40]!r}")
        if found.setdefault(name.text(), entry) is not entry:
            raise name.wrong(f"stands there twice: {name.text()}")
    return {name: entry for name, entry in found.items() if int(name.partition(".")[0]) >= _OLD}


def end(channel: Value) -> date | None:
    """Return the last day of support, where it is stated: the key is optional."""
    day = channel.member("eol-date")
    return None if day.raw is None else day.day()


def released(name: str, channel: Value, body: bytes) -> Iterator[Release]:
    """Yield the releases of a channel's own document, previews passed over; *channel* is its entry in the index."""
    root = read_json(NAME, document(name), body)
    if root.member("channel-version").text() != name:
        raise root.member("channel-version").wrong(f"is not channel {name}")
    until = end(channel) or end(root)  # the index lost it for hours (2026-03-10, 2026-04-14)
    lts, seen = _lts(channel), set()
    for entry in root.member("releases").items():
        day, security = entry.member("release-date").day(), entry.member("security").flag()
        for flavour, version, part in parts(entry):
            if (flavour, version) in seen:
                raise part.member("version").wrong(f"stands there twice: {version}")
            seen.add((flavour, version))
            if not version.is_prerelease:
                yield Release(NAME, f"{name}-{flavour}", version, day, lts, security, None, until, until is None)


def last(name: str, channel: Value) -> Iterator[Release]:
    """Yield the last release of an ended channel: from 5.0 on, both runtimes have one version."""
    day, security = channel.member("latest-release-date").day(), channel.member("security").flag()
    for flavour, key in {"sdk": "latest-sdk", "runtime": "latest-runtime", "aspnet": "latest-runtime"}.items():
        version = channel.member(key).version("", SEMVER)
        yield Release(NAME, f"{name}-{flavour}", version, day, _lts(channel), security, None, end(channel))


def _lts(channel: Value) -> str:
    return "LTS" if channel.member("release-type").text() == "lts" else ""


def parts(entry: Value) -> Iterator[tuple[str, Version, Value]]:
    """Yield flavour, version and the part of a release that describes it; any of them may be null."""
    bands = entry.member("sdks")
    sdks = [entry.member("sdk")] if bands.raw is None else list(bands.items())
    flavours = [("sdk", sdk) for sdk in sdks]
    flavours += [("runtime", entry.member("runtime")), ("aspnet", entry.member("aspnetcore-runtime"))]
    for flavour, part in flavours:
        if part.raw is not None:
            yield flavour, part.member("version").version("", SEMVER), part


def digests(channel: str, body: bytes) -> Mapping[str, Value]:
    """Return URL → digest in lower case of every file in a channel's document; the SDK's stand there twice."""
    found: dict[str, Value] = {}
    for entry in read_json(NAME, document(channel), body).member("releases").items():
        for file in (file for _, _, part in parts(entry) for file in part.member("files").items()):
            url, digest = file.member("url").text(), file.member("hash")
            digest = replace(digest, raw=digest.text().lower())
            if found.setdefault(url, digest).raw != digest.raw:
                raise digest.wrong(f"is a second digest of {url}")
    return found
