"""Reading what an upstream wrote: strictly, and saying exactly where it is wrong.

Whatever is not as expected becomes a SourceError that names the source, the official URL and the
place inside the document. Keys that nobody asks for are ignored: upstreams add fields.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from state.errors import SourceError
from state.model import Checksum, Version

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_NAME = re.compile(r"[A-Za-z][A-Za-z-]{0,31}")
_KEY = re.compile(r"[A-Za-z0-9_.-]{1,40}")

_N = "(?:0|[1-9][0-9]{0,8})"
SEMVER = re.compile(rf"{_N}\.{_N}\.{_N}(?:-[0-9A-Za-z.-]+)?")
"""https://semver.org without build metadata."""


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a JSON document, with its place: ``[3].version``."""

    source: str
    url: str
    place: str
    raw: object

    def wrong(self, problem: str) -> SourceError:
        """Return the error that says *problem* of this value."""
        return SourceError(self.source, self.url, self.place, problem)

    def items(self) -> Iterator[Value]:
        """Yield the elements of a list."""
        if not isinstance(self.raw, list):
            raise self.wrong("is not a list")
        for number, item in enumerate(self.raw):
            yield Value(self.source, self.url, f"{self.place}[{number}]", item)

    def table(self, keys: re.Pattern[str]) -> Mapping[str, Value]:
        """Return the members of an object that maps *keys* of one pattern to values."""
        if not isinstance(self.raw, dict):
            raise self.wrong("is not an object")
        found = {key: Value(self.source, self.url, self._below(key), raw) for key, raw in self.raw.items()}
        for key, value in found.items():
            if not keys.fullmatch(key):
                raise value.wrong("is a key that cannot be")
        return found

    def member(self, key: str) -> Value:
        """Return the member *key* of an object; its ``raw`` is None where there is none."""
        if not isinstance(self.raw, dict):
            raise self.wrong("is not an object")
        return Value(self.source, self.url, self._below(key), self.raw.get(key))

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.raw, str):
            raise self.wrong("is not a string")
        return self.raw

    def name(self) -> str:
        """Return a plain name such as ``Jod``; null and false stand for none, ``""``."""
        if self.raw is None or self.raw is False:
            return ""
        text = self.text()
        if not _NAME.fullmatch(text):
            raise self.wrong(f"is not a plain name: {text[:40]!r}")
        return text

    def flag(self) -> bool:
        """Return a boolean; a member that is not there is False."""
        if not isinstance(self.raw, bool | None):
            raise self.wrong("is neither true nor false")
        return self.raw or False

    def day(self) -> date:
        """Return a date written ``2024-10-29``."""
        text = self.text()
        try:
            if _DATE.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise self.wrong(f"is not a date: {text[:40]!r}")

    def checksum(self, algorithm: str) -> Checksum:
        """Return a digest by *algorithm*, in lower-case hexadecimal."""
        text = self.text()
        try:
            return Checksum(algorithm, text)
        except ValueError:
            raise self.wrong(f"is not a {algorithm} digest: {text[:40]!r}") from None

    def version(self, prefix: str = "", form: re.Pattern[str] | None = None) -> Version:
        """Return a version written with *prefix* before it; *form* is what the rest looks like at this upstream."""
        text = self.text()
        rest = text.removeprefix(prefix)
        try:
            if text.startswith(prefix) and (form is None or form.fullmatch(rest)):
                return Version(rest)
        except ValueError:
            pass
        raise self.wrong(f"is not a version: {text[:40]!r}")

    def _below(self, key: str) -> str:
        """Return the place of a member; a strange key is shown quoted."""
        name = key if _KEY.fullmatch(key) else repr(key[:40])
        return f"{self.place}.{name}" if self.place else name


def read_json(source: str, url: str, body: bytes) -> Value:
    """Return the root of a JSON document, which is UTF-8 (https://www.rfc-editor.org/rfc/rfc8259#section-8.1)."""
    if body.lstrip()[:1] == b"<":
        raise SourceError(source, url, "", "is an HTML page, not JSON")
    try:
        return Value(source, url, "", json.loads(body.decode("utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise SourceError(source, url, "", f"is not JSON: {str(error)[:120]}") from None
