"""The reference pages of the documentation, in Markdown, from the code that they are about."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeGuard, get_args

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from state.events import Event, Notice
from watcher.cli import cli
from watcher.config import Settings
from watcher.manual import metrics
from watcher.manual.commands import Command, commands

_WORDS = {"NoneType": "none", "SecretStr": "secret", "Path": "path", "timedelta": "span", "str": "text"}
_ALONE = {
    "mirrors": "`[mirrors]` maps a URL prefix to where it is really asked for.",
    "now": "Another time to believe, as `2026-08-10T09:00:00Z`: for demonstrations and replays.",
}
"""What is said of the settings that are no table with keys of our own."""
_ROLE = re.compile(r":(?:class|meth|mod|func|data|attr):`[~.]?([^`]+)`")


def pages() -> Mapping[str, str]:
    """Return path below ``reference/`` → page."""
    return {
        "cli.md": cli_page(),
        "settings.md": settings_page(),
        "events.md": events_page(),
        "metrics.md": metrics.page(),
    }


def cli_page() -> str:
    """Every command with its options."""
    root, *rest = commands(cli, "watcher")
    parts = ["# The command line", *root.about, *(part for each in rest for part in _command(each))]
    return "\n\n".join(parts) + "\n"


def _command(command: Command) -> Iterator[str]:
    yield f"## `{command.path}`"
    yield f"```text\n{command.path} {command.usage}\n```"
    yield from map(_escaped, command.about)
    if command.options:
        yield _table(("option", "what it does"), [(f"`{each.words}`", each.told) for each in command.options])


def settings_page() -> str:
    """Every table with its keys, their defaults and variables."""
    parts = [
        "# All settings",
        "Generated from the program. [Settings](../settings.md) tells how they are read, and shows the file.",
    ]
    for name, field in Settings.model_fields.items():
        kind = field.annotation
        each = (get_args(kind) or (None,))[-1]
        if _is_table(kind):
            parts += _table_of(name, kind)
        elif _is_table(each):
            parts += _table_of(f"{name}.NAME", each)
        else:
            parts += [f"## `{name}`", _plain(field.description or _ALONE.get(name, f"A {_kind(kind)}."))]
    return "\n\n".join(parts) + "\n"


def _is_table(kind: object) -> TypeGuard[type[BaseModel]]:
    return inspect.isclass(kind) and issubclass(kind, BaseModel)


def _table_of(name: str, model: type[BaseModel]) -> list[str]:
    rows = [
        (
            f"`{key}`",
            _kind(field.annotation),
            _default(field.get_default(call_default_factory=True)),
            _variable(name, key),
        )
        for key, field in model.model_fields.items()
    ]
    return [f"## `[{name}]`", _plain(inspect.getdoc(model) or ""), _table(("key", "kind", "default", "variable"), rows)]


def _variable(table: str, key: str) -> str:
    """The variable that wins over the key; of one source there is none."""
    return "" if "." in table else f"`WATCHER_{table.upper()}__{key.upper()}`"


def _kind(annotation: Any) -> str:
    parts = get_args(annotation)
    if not parts:
        return _WORDS.get(getattr(annotation, "__name__", ""), getattr(annotation, "__name__", str(annotation)))
    if all(isinstance(part, str) for part in parts):
        return " or ".join(f"`{part}`" if part else "nothing" for part in parts)
    return " or ".join(_kind(part) for part in parts if part is not Ellipsis)


def _default(value: Any) -> str:
    if value is PydanticUndefined:
        return "required"
    if value is None or value in ("", (), {}):
        return "none"
    if isinstance(value, SecretStr):
        return "secret"
    return f"`{value.as_posix() if isinstance(value, Path) else value}`"


def events_page() -> str:
    """Every event of the journal: what it says, and what it carries."""
    facts = get_args(Notice)
    told = (
        "What the journal keeps, and `watcher events --json` prints. An event whose step has to run is unfinished until "
        "it has; one that only tells something is a fact."
    )
    parts = ["# Events", told]
    for kind in get_args(Event):
        rows = [(f"`{field.name}`", f"`{_type(field.type)}`") for field in fields(kind)]
        heading = f"## {kind.__name__}" + (" (fact)" if kind in facts else "")
        parts += [heading, _plain(inspect.getdoc(kind) or ""), _table(("field", "type"), rows)]
    return "\n\n".join(parts) + "\n"


def _type(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """A table; a bar within a cell would end it."""
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(_escaped(cell).replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _plain(text: str) -> str:
    """A docstring's text as Markdown: references to code are code."""
    return _escaped(_ROLE.sub(r"`\1`", text).replace("``", "`"))


def _escaped(text: str) -> str:
    """Markdown reads ``<`` as a tag and ``[`` as a link, but for within code."""
    parts = text.split("`")
    return "`".join(part if n % 2 else part.replace("<", "&lt;").replace("[", "\\[") for n, part in enumerate(parts))
