"""Suites of Debian-like archives: their ``InRelease``, believed only as far as it is signed, fresh and theirs.

https://wiki.debian.org/DebianRepository/Format#A.22Release.22_files
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sources import signatures
from sources.deb822 import moment, read_stanza
from sources.source import Fetch
from state.errors import NotPublished
from state.model import Arch, Version

_NUMBER = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,3})?")
_ARCHITECTURE = re.compile(r"[a-z0-9-]{1,20}")


@dataclass(frozen=True, slots=True)
class Suite:
    """What an InRelease says. ``version`` is None for a rolling suite; ``architectures`` are Debian's names."""

    url: str
    version: Version | None
    date: datetime
    architectures: frozenset[str]

    def serves(self, arch: Arch) -> bool:
        """Whether it has packages for *arch*."""
        return arch.spelling.debian in self.architectures


async def signed(fetch: Fetch, url: str, body: bytes) -> bytes:
    """Return the signed text of an InRelease; NotPublished if *body* is empty, SignatureError if it does not hold."""
    if not body:
        raise NotPublished(fetch.source, url, "", "is not there, although the line is supported")
    keys = signatures.keyring(fetch.source, fetch.keys)
    return (await signatures.clearsigned(body, keys, fetch.source, url)).text


async def believed(fetch: Fetch, url: str, body: bytes, now: datetime) -> bytes:
    """Return the signed text of an InRelease that is still valid at *now*: a mirror may be stuck, or be made to be."""
    text = await signed(fetch, url, body)
    until = read_stanza(fetch.source, url, text).member("Valid-Until")
    if until.raw is not None and moment(until) < now:
        raise until.wrong(f"was valid until {moment(until):%Y-%m-%d %H:%M} UTC only: the copy is stale")
    return text


def read_suite(source: str, url: str, text: bytes, origin: str, codename: str) -> Suite:
    """Read the signed text of *origin*'s suite *codename*: that of another is refused, however well it is signed."""
    stanza = read_stanza(source, url, text)
    for name, expected in {"Origin": origin, "Codename": codename}.items():
        if (value := stanza.member(name)).text() != expected:
            raise value.wrong(f"is {value.text()[:40]!r}, not {expected!r}")
    number, names = stanza.member("Version"), stanza.member("Architectures")
    version = None if number.raw is None else number.version(form=_NUMBER)
    architectures = frozenset(names.text().split())
    if not architectures or not all(_ARCHITECTURE.fullmatch(name) for name in architectures):
        raise names.wrong(f"are not names of architectures: {names.text()[:40]!r}")
    return Suite(url, version, moment(stanza.member("Date")), architectures)
