"""Editing people's TOML: tables go and come, values change, and every comment stays where it belongs.

A comment right above a table's header is that table's: tomlkit counts it to the table before, so whole tables are
cut and put by lines here, and the outcome is compared with what should come of it. Values are tomlkit's.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from typing import Any

import tomlkit

from state.errors import CatalogueError

Path = tuple[str, ...]

_HEADER = re.compile(r"\s*\[{1,2}([^\[\]]+)\]{1,2}\s*(?:#.*)?")
_PART = re.compile(r'"[^"]*"|[^.\s]+')


def without_table(file: str, text: str, path: Path) -> str:
    """Return *text* without the table at *path*, all tables below it, and the comment above.

    :raises CatalogueError: the table is not written as one of its own, ``[a.b.c]``
    """
    kept = [lines for found, lines in _blocks(text) if found[: len(path)] != path]
    made = "".join(line for lines in kept for line in lines).rstrip("\n") + "\n"

    def removed(document: dict[str, Any]) -> None:
        table = document
        for part in path[:-1]:
            table = table[part]
        del table[path[-1]]

    return _checked(file, path, text, made, removed)


def with_table(file: str, text: str, path: Path, table: dict[str, Any], before: str | None) -> str:
    """Return *text* with a new *table* (values, then tables of values) at *path*.

    It stands before its sibling named *before*, or after the last one.
    :raises CatalogueError: its siblings are not written as tables of their own
    """
    above = path[:-1]
    blocks = _blocks(text)
    wanted = (*above, before) if before else above
    places = [n for n, (found, _) in enumerate(blocks) if found[: len(wanted)] == wanted]
    if not places:
        raise _not_editable(file, path)
    at = places[0] if before else places[-1] + 1
    blocks.insert(at, (path, _written(path, table)))
    if at == len(blocks) - 1:  # the last of the file has no empty line after it
        blocks[at - 1][1].append("\n")
        blocks[at][1].pop()

    def added(document: dict[str, Any]) -> None:
        siblings = document
        for part in above:
            siblings = siblings[part]
        siblings[path[-1]] = table

    return _checked(file, path, text, "".join(line for _, lines in blocks for line in lines), added)


def edited(text: str, change: Callable[[Any], None]) -> str:
    """Return *text* after *change* to its values; *change* gets tomlkit's document."""
    document = tomlkit.parse(text)
    change(document)
    return tomlkit.dumps(document)


def _blocks(text: str) -> list[tuple[Path, list[str]]]:
    """Cut the text into its tables: path and lines, from the comment right above each header on."""
    blocks: list[tuple[Path, list[str]]] = [((), [])]
    for line in text.splitlines(keepends=True):
        header = _HEADER.fullmatch(line.rstrip("\n"))
        if header:
            before = blocks[-1][1]
            comment: list[str] = []
            while before and before[-1].lstrip().startswith("#"):
                comment.insert(0, before.pop())
            blocks.append((tuple(part.strip('"') for part in _PART.findall(header[1])), comment))
        blocks[-1][1].append(line)
    return blocks


def _written(path: Path, table: dict[str, Any]) -> list[str]:
    """Return the lines of a new table: its values, then a table for each table in it, then an empty line."""
    header = ".".join(part if re.fullmatch(r"[a-z0-9-]+", part) else f'"{part}"' for part in path)
    values = {key: value for key, value in table.items() if not isinstance(value, dict)}
    lines = [f"[{header}]\n", *tomlkit.dumps(values).splitlines(keepends=True), "\n"]
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _written((*path, key), value)
    return lines


def _checked(file: str, path: Path, text: str, made: str, change: Callable[[dict[str, Any]], None]) -> str:
    """Return *made* if it says what *text* says after *change*."""
    wanted = tomllib.loads(text)
    change(wanted)
    try:
        same = tomllib.loads(made) == wanted
    except tomllib.TOMLDecodeError:
        same = False
    if not same:
        raise _not_editable(file, path)
    return made


def _not_editable(file: str, path: Path) -> CatalogueError:
    problem = "is not written as tables of their own, [a.b.c]: the watcher cannot edit it, a person can"
    return CatalogueError(file, ".".join(path), problem)
