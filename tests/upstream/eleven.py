"""Every source's upstream at once, as of November 2026, out of the small facts that the sources' own tests are about.

Real are versions and days. Bodies are made up, and so are the digests of files that nobody signs: they match.
Suites of Debian's kind are signed by a key that is pinned for these worlds; Python's tarballs by nobody.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sources import SOURCES, alpine, debian, dotnet, fedora, go, openjdk, python, raspbian, rust, ubuntu
from tests.sources import dotnet_pages, openjdk_pages, signed_suites, test_go, test_python
from tests.upstream.layout import BUNDLED, lay_out, write
from tests.upstream.signer import Signer
from tests.upstream.stand_in import body, digest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
_HERE = signed_suites.HERE
_BARE = ("dl-cdn.alpinelinux.org", "dl.fedoraproject.org", "registry-1.docker.io", "registry.fedoraproject.org",
         "security.ubuntu.com", "archive.ubuntu.com", "www.python.org")  # fmt: skip
"""Hosts that are asked too, and have nothing: no listing, no list of packages, no image, no signature."""
_LIST = f"SHA256:\n {'0' * 64} 0 main/binary-amd64/Packages.xz\n"
_GO = {"amd64": "1", "arm64": "2", "armv6l": "3", "386": "4"}


def put(served: Path, url: str, content: bytes | str) -> None:
    """Serve *content* as *url*, its query included."""
    path = unquote(url.partition("://")[2])
    write(served / path, content.encode() if isinstance(content, str) else content)


def lay_out_all(served: Path, keys: Path) -> None:
    """Serve all; *keys* is the folder that holds a folder of further keys per source."""
    lay_out(BUNDLED, served, "dist-index.2026-08-05.json", "schedule.2026-06-01.json")
    for host in _BARE:
        (served / host).mkdir(parents=True, exist_ok=True)
    for url, content in _documents(keys):
        put(served, url, content)
    assert set(SOURCES) == {
        "node", *(m.NAME for m in (alpine, debian, dotnet, fedora, go, openjdk, python, raspbian, rust, ubuntu))
    }  # fmt: skip


def _documents(keys: Path) -> Iterator[tuple[str, bytes | str]]:
    yield from _python()
    yield from _go()
    yield from _openjdk()
    yield from _dotnet()
    yield from _suites(keys)
    yield ubuntu.DOCUMENTS["series"], (_HERE / "ubuntu" / "ubuntu.csv").read_bytes()
    yield ubuntu.DOCUMENTS["meta"], (_HERE / "ubuntu" / "meta-release").read_bytes()
    yield alpine.DOCUMENTS["releases"], (_HERE / "alpine" / "releases.json").read_bytes()
    yield fedora.DOCUMENTS["releases"], (_HERE / "fedora" / "releases.2025-04-23.json").read_bytes()
    yield fedora.DOCUMENTS["bodhi"], (_HERE / "fedora" / "bodhi.2025-02-12.json").read_bytes()
    manifest = (_HERE / "rust" / "channel-rust-stable.toml").read_bytes()
    yield rust.DOCUMENTS["stable"], manifest


def _python() -> Iterator[tuple[str, bytes | str]]:
    for name, document in {"cycle": test_python.CYCLE, "releases": test_python.RELEASES}.items():
        yield python.DOCUMENTS[name], json.dumps(document)


def _go() -> Iterator[tuple[str, bytes | str]]:
    listed = []
    for version in ("go1.27.0", "go1.26.7"):
        files = []
        for build, number in _GO.items():
            published = f"{version}{number}"
            files.append(test_go.file(version, build, sha256=digest(published)))
            yield f"https://dl.google.com/go/{files[-1]['filename']}", body(published)
        listed.append({"version": version, "stable": True, "files": files})
    for url in (go.DOCUMENTS["list"], f"{go.DOCUMENTS['list']}&include=all"):
        yield url, json.dumps(listed)
    yield go.DOCUMENTS["history"], test_go.HISTORY


def _openjdk() -> Iterator[tuple[str, bytes | str]]:
    named = {}
    for release in openjdk_pages.RELEASES.values():
        made = json.loads(json.dumps(release))
        for package in (binary["package"] for binary in made["binaries"]):
            if package.get("checksum"):
                yield package["link"], body(package["checksum"])
                package["checksum"] = digest(package["checksum"])
        named[made["release_name"]] = made
        yield unquote(openjdk_pages.address(made["release_name"])), json.dumps(made)
    pages = openjdk_pages.documents(*named.values())
    yield openjdk.DOCUMENTS["available"], pages["available"]
    for name, url in openjdk.more(pages).items():
        yield url, pages[name]


def _dotnet() -> Iterator[tuple[str, bytes | str]]:
    pages = {name: json.loads(page) for name, page in dotnet_pages.documents().items()}
    yield dotnet.DOCUMENTS["index"], json.dumps(pages.pop("index"))
    for name, page in pages.items():
        for file in _files(page):
            yield file["url"], body(file["hash"])
            file["hash"] = digest(file["hash"], "sha512")
        yield dotnet_pages.CHANNEL.format(name), json.dumps(page)


def _files(value: Any) -> Iterator[dict[str, str]]:
    """Every description of a file in a channel's document, wherever it stands."""
    if isinstance(value, dict):
        if {"url", "hash"} <= value.keys():
            yield value
        value = list(value.values())
    for each in value if isinstance(value, list) else []:
        yield from _files(each)


def _suites(keys: Path) -> Iterator[tuple[str, bytes | str]]:
    signer = Signer(signed_suites.MADE)
    table = (_HERE / "debian" / "debian.csv").read_bytes()
    yield debian.DOCUMENTS["series"], table
    fields = {"Origin": "Raspbian", "Label": "Raspbian", "Version": "", "Architectures": "armhf"}
    changed: Mapping[str, dict[str, str]] = {"debian": {}, "raspbian": fields}
    for name, source in {"debian": debian, "raspbian": raspbian}.items():
        signer.install(keys / name)
        for suite, url in source.more({"series": table}).items():
            if (_HERE / "debian" / f"{suite}.Release").is_file():
                text = signed_suites.release(suite, **changed[name])
                yield url, signed_suites.sign(text + (_LIST if suite.endswith("-security") else ""), signer)
            else:
                yield url, (_HERE / "debian" / f"{suite}.InRelease").read_bytes()
