"""Reading people's TOML: each value is checked where it is read, and an error names file, field and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, TypeVar

from state.errors import CatalogueError
from state.model import Arch

NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
"""What may become part of a path, a repository or a tag."""

WORDS = re.compile(r"[^\x00-\x1f\x7f\"\\`$]+")
"""One line of text for people, harmless inside a quoted label of a Dockerfile."""

FACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@+-]*")
"""An image reference, a package, a version: nothing that a shell or a Dockerfile would read otherwise."""

T = TypeVar("T")


_loads = lru_cache(maxsize=16)(tomllib.loads)
"""A table is read and never written to, and from commit to commit most of them stay as they are."""


@dataclass(slots=True)
class Table:
    """One table of a file. Its methods take a key and raise CatalogueError if the value is not what they return."""

    file: str
    text: str
    path: tuple[str, ...]
    data: dict[str, Any]
    read: set[str] = field(default_factory=set)

    @classmethod
    def parse(cls, file: str, content: bytes) -> Table:
        """Read a whole file."""
        try:
            text = content.decode()
            return cls(file, text, (), _loads(text))
        except UnicodeDecodeError as error:
            raise CatalogueError(file, "", "is not UTF-8") from error
        except RecursionError as error:
            raise CatalogueError(file, "", "is nested too deeply") from error
        except tomllib.TOMLDecodeError as error:
            at = re.search(r"line (\d+)", str(error))
            line = int(at[1]) if at else None
            twice = str(error).startswith("Cannot overwrite") and line
            field, problem = (_key_at(text, line), "stands twice") if twice and line else ("", str(error))
            raise CatalogueError(file, field, problem, line) from error

    def error(self, key: str, problem: str) -> CatalogueError:
        """Return an error about *key* of this table ("" for the table itself), for the caller to raise."""
        path = (*self.path, key) if key else self.path
        return CatalogueError(self.file, ".".join(path), problem, _line_of(self.text, path))

    def _value(self, key: str, kind: type[T], default: T | None) -> T:
        self.read.add(key)
        value = self.data.get(key, default)
        if value is None:
            raise self.error(key, "is missing")
        if type(value) is not kind:  # bool is an int, a datetime is a date: neither is meant
            raise self.error(key, f"must be a {kind.__name__}, not {type(value).__name__}")
        return value

    def match(self, key: str, pattern: re.Pattern[str], default: str | None = None) -> str:
        """A string that *pattern* matches as a whole; the default is not matched."""
        value = self._value(key, str, default)
        if value != default and not pattern.fullmatch(value):
            raise self.error(key, f"is not usable here: {value[:80]!r}")
        return value

    def number(self, key: str, default: int | None = None) -> int:
        """Return a whole number."""
        return self._value(key, int, default)

    def flag(self, key: str) -> bool:
        """Return a boolean; absent is false."""
        return self._value(key, bool, False)  # noqa: FBT003  (the default)

    def day(self, key: str) -> date | None:
        """Return a date, or None if it is not there."""
        self.read.add(key)
        return self._value(key, date, None) if key in self.data else None

    def strings(self, key: str, pattern: re.Pattern[str]) -> tuple[str, ...]:
        """Return a list of strings, each of which *pattern* matches; absent is empty."""
        values = self._value(key, list, [])
        for value in values:
            if not isinstance(value, str) or not pattern.fullmatch(value):
                raise self.error(key, f"is not usable here: {str(value)[:80]!r}")
        if len(set(values)) < len(values):
            raise self.error(key, "says the same thing twice")
        return tuple(values)

    def table(self, key: str) -> Table:
        """Return the table below *key*; absent is empty."""
        return Table(self.file, self.text, (*self.path, key), self._value(key, dict, {}))

    def named(self, key: str) -> Iterator[tuple[str, Table]]:
        """Return name → table for each entry of the table below *key*; the names are fit to be names."""
        tables = self.table(key)
        for name in tables.data:
            if not NAME.fullmatch(name):
                raise tables.error(name, "is not a name: small letters, digits, dots and dashes only")
            yield name, tables.table(name)

    def listed(self, key: str) -> Iterator[Table]:
        """Return each table of an array of tables."""
        for n, value in enumerate(self._value(key, list, [])):
            if not isinstance(value, dict):
                raise self.error(key, "must be tables, [[…]]")
            yield Table(self.file, self.text, (*self.path, f"{key}[{n}]"), value)

    def facts(self, key: str, pattern: re.Pattern[str]) -> dict[str, str]:
        """Return a table of strings, each of which *pattern* matches."""
        table = self.table(key)
        return {name: table.match(name, pattern) for name in table.data}

    def finish(self) -> None:
        """Refuse keys that nobody has read: a misspelt key must not be silence."""
        for key in self.data:
            if key not in self.read:
                raise self.error(key, f"is not known here; there are {', '.join(sorted(self.read))}")


def _line_of(text: str, path: tuple[str, ...]) -> int | None:
    """The 1-based line of the nearest thing on *path*: its key, or the header of the table around it."""
    best, depth = None, 0
    for n, found in _places(text):
        if len(found) > depth and found == path[: len(found)]:
            best, depth = n, len(found)
    return best


def _key_at(text: str, line: int) -> str:
    """What the key of a line is called, with the tables around it."""
    return ".".join(next((path for n, path in _places(text) if n == line), ()))


def _places(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the 1-based line of each header and each key, and its path."""
    here: tuple[str, ...] = ()
    counts: dict[tuple[str, ...], int] = {}
    for n, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\s*\[{1,2}([^\[\]]+)\]", line)
        key = re.match(r"""\s*("[^"]*"|[A-Za-z0-9_-]+)\s*=""", line)
        if header:
            here = tuple(part.strip('"') for part in re.findall(r'"[^"]*"|[^.\s]+', header[1]))
            if line.lstrip().startswith("[["):
                counts[here] = counts.get(here, -1) + 1
                here = (*here[:-1], f"{here[-1]}[{counts[here]}]")
            yield n, here
        elif key:
            yield n, (*here, key[1].strip('"'))


def architecture(table: Table, key: str, name: str) -> Arch:
    """Return the architecture that is called so; an error of *table* where there is none."""
    try:
        return Arch(name)
    except ValueError as error:
        raise table.error(key, f"{name[:40]!r} is not one of {', '.join(Arch)}") from error
