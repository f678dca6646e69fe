"""Go's list of files: per version the Linux archives and their digests, as https://go.dev/dl/?mode=json has them.

The short list names the newest of two lines; the whole one has 3 MB and no validators, and is asked for only where
the short one lacks a version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sources.source import Fetch
from sources.strict import Value, read_json
from state.errors import NotPublished
from state.model import Checksum

SHORT = "https://go.dev/dl/?mode=json"
_WHOLE = f"{SHORT}&include=all"
_N = "(?:0|[1-9][0-9]{0,3})"
_FORM = re.compile(rf"{_N}(?:\.{_N}){{0,2}}(?:(?:beta|rc){_N})?")
_WORD = re.compile(r"[A-Za-z0-9._-]{0,80}")


def read(url: str, body: bytes) -> dict[str, dict[str, Checksum]]:
    """Return version → its Linux archives with their digests; until 1.5 files had none, and are left out."""
    found: dict[str, dict[str, Checksum]] = {}
    for entry in read_json("go", url, body).items():
        version = entry.member("version").version("go", _FORM)
        if entry.member("stable").flag() == version.is_prerelease:
            raise entry.member("stable").wrong(f"contradicts {version}")
        if version.text in found:
            raise entry.member("version").wrong(f"stands there twice: {version}")
        found[version.text] = {}
        for file in entry.member("files").items():
            if file.member("os").text() == "linux" and file.member("kind").text() == "archive":
                _add(found[version.text], version.text, file)
    return found


def _add(files: dict[str, Checksum], version: str, file: Value) -> None:
    name, digest = file.member("filename"), file.member("sha256")
    if name.text() != f"go{version}.linux-{file.member('arch').text()}.tar.gz" or not _WORD.fullmatch(name.text()):
        raise name.wrong(f"is not the name of that archive: {name.text()[:60]!r}")
    if name.text() in files:
        raise name.wrong("stands there twice")
    if digest.text():
        files[name.text()] = digest.checksum("sha256")


async def files(version: str, fetch: Fetch) -> Mapping[str, Checksum]:
    """Return the archives of *version*: a line's last release leaves the short list as soon as a newer line comes.

    :raises NotPublished: neither list has it
    """
    for url in (SHORT, _WHOLE):
        listed = read(url, await fetch.get(url))
        if version in listed:
            return listed[version]
    raise NotPublished("go", _WHOLE, "", f"has no go{version} yet")
