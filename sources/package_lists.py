"""Lists of packages, as Debian's and Alpine's archives publish them: which version of what is in our images they have."""

from __future__ import annotations

import gzip
import io
import lzma
import re
import tarfile
import zlib
from collections.abc import Collection, Iterator, Mapping

from sources.strict import Value
from state.errors import SourceError

_LIMIT = 256 << 20
"""Bytes of an unpacked list: Debian's whole main is 50 MB."""

_PART = 1 << 20
_GZIP = b"\x1f\x8b"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+_-]{0,127}")
_NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+:~_-]{0,127}")
_SOURCE = re.compile(r"([^ (]+)(?: \(([^)]+)\))?")
_WORD = re.compile(r"[0-9]+|[^0-9]+")


def read_deb(source: str, url: str, body: bytes, wanted: Collection[str], found: dict[str, str]) -> None:
    """Add to *found* source package → version, of each package that is wanted or part of every system.

    The highest version counts: a list may have several. *body* is a ``Packages.xz`` or ``Packages.gz``.
    :raises SourceError: it cannot be read, or a version is none
    """
    for n, fields in enumerate(map(_fields, _unpacked(source, url, body))):
        name = fields.get("Package", "")
        if name not in wanted and fields.get("Priority") != "required" and fields.get("Essential") != "yes":
            continue
        origin = _SOURCE.fullmatch(fields.get("Source") or name)
        version = (origin and origin[2]) or fields.get("Version", "")
        name, version = _checked(Value(source, url, f"[{n}]", fields), origin[1] if origin else "", version)
        if name not in found or order(version) > order(found[name]):
            found[name] = version


def read_apk(source: str, url: str, body: bytes, wanted: Collection[str]) -> Mapping[str, str]:
    """Return origin → version of the wanted packages and of all that they depend on: the list has the whole branch.

    *body* is an ``APKINDEX.tar.gz``. Errors as :func:`read_deb`.
    """
    text = _untar(source, url, body)
    rows = {fields["P"]: fields for fields in map(_fields, text.split(b"\n\n")) if "P" in fields}
    provided = {_bare(word): name for name, fields in rows.items() for word in fields.get("p", "").split()}
    todo, there, found = [*wanted], set[str](), dict[str, str]()
    while todo:
        word = _bare(todo.pop())
        name = word if word in rows else provided.get(word)
        if name is None or name in there:
            continue
        there.add(name)
        fields = rows[name]
        todo += [word for word in fields.get("D", "").split() if not word.startswith("!")]
        origin, version = _checked(Value(source, url, name[:40], fields), fields.get("o") or name, fields.get("V", ""))
        found[origin] = version
    return found


def _bare(word: str) -> str:
    """A dependency without its version: ``so:libssl.so.3=3.3.0`` → ``so:libssl.so.3``."""
    return re.split(r"[<>=~]", word, maxsplit=1)[0]


def _fields(stanza: bytes) -> dict[str, str]:
    """Return the fields of a stanza, the first line of each: a list of 60,000 packages is read in a second."""
    lines = stanza.decode("utf-8", "replace").splitlines()
    parted = (line.partition(":") for line in lines if line[:1] not in (" ", "\t", ""))
    return {key: value.strip() for key, _, value in parted}


def _checked(place: Value, name: str, version: str) -> tuple[str, str]:
    if not _NAME.fullmatch(name) or not _NUMBER.fullmatch(version):
        raise place.wrong(f"is not a package and its version: {name[:40]!r} {version[:40]!r}")
    return name, version


def _unpacked(source: str, url: str, body: bytes) -> Iterator[bytes]:
    """Yield the stanzas of a packed list, unpacked part by part: Ubuntu's universe at once takes most of a GiB."""
    size, rest = 0, b""
    try:
        for part in _ungzipped(body) if body.startswith(_GZIP) else _unxzed(body):
            size += len(part)
            if size > _LIMIT:
                raise SourceError(source, url, "", f"is longer than {_LIMIT} bytes")
            *whole, rest = (rest + part).split(b"\n\n")
            yield from whole
    except (OSError, EOFError, lzma.LZMAError, zlib.error) as error:
        raise SourceError(source, url, "", f"is neither xz nor gzip, or cut short: {error}") from None
    yield rest


def _ungzipped(body: bytes) -> Iterator[bytes]:
    with gzip.open(io.BytesIO(body)) as file:
        while part := file.read(_PART):
            yield part


def _unxzed(body: bytes) -> Iterator[bytes]:
    unpacker = lzma.LZMADecompressor(memlimit=_LIMIT)  # a dictionary may claim gigabytes
    while not unpacker.eof and (body or not unpacker.needs_input):
        part, body = unpacker.decompress(body, _PART), b""
        yield part
    if not unpacker.eof:
        raise EOFError("no end")


def _untar(source: str, url: str, body: bytes) -> bytes:
    try:
        with tarfile.open(fileobj=io.BytesIO(body), mode="r:gz") as archive:
            file = archive.extractfile("APKINDEX")
            text = file.read(_LIMIT + 1) if file else b""
    except (tarfile.TarError, KeyError, OSError, EOFError, ValueError) as error:
        raise SourceError(source, url, "", f"is not an index: {str(error)[:120]}") from None
    if not text or len(text) > _LIMIT:
        raise SourceError(source, url, "APKINDEX", f"is empty, or longer than {_LIMIT} bytes")
    return text


def order(version: str) -> tuple[object, ...]:
    """What Debian's versions are ordered by.

    https://www.debian.org/doc/debian-policy/ch-controlfields.html#version
    """
    epoch, colon, rest = version.partition(":")
    number, rest = (int(epoch), rest) if colon and epoch.isdigit() else (0, version)
    upstream, _, revision = rest.rpartition("-") if "-" in rest else (rest, "", "")
    return number, _key(upstream), _key(revision)


def _key(part: str) -> tuple[tuple[tuple[int, ...], int], ...]:
    """Words and numbers in turn: a tilde is below the end of a word, that below letters, those below all else."""
    words = _WORD.findall(part)
    if words and words[0].isdigit():
        words.insert(0, "")
    pairs = zip(words[::2], [*words[1::2], "0"], strict=False)
    return (*(((*map(_weight, word), 0), int(number)) for word, number in pairs), ((0,), 0))


def _weight(letter: str) -> int:
    return -1 if letter == "~" else ord(letter) if letter.isalpha() else ord(letter) + 256
