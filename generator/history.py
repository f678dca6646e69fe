"""What upstreams have ended, before and beside what the catalogue remembers: names of it are known for what they were."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from generator.names import joined
from generator.rows import Catalogue, Ended, Stack
from state.model import Version


def retired(distro: str) -> Mapping[str, str]:
    """Return retired codename → number ("" for none) of one distro."""
    return {codename: str(number) for codename, number in _table().get(distro, {}).items()}


def distros() -> set[str]:
    """Return the distros that the table speaks of."""
    return _table().keys() - {"stacks"}


def over(catalogue: Catalogue, stack: Stack) -> list[Ended]:
    """Return the lines of a stack that ended: those that the family had, and others that the catalogue does not have."""
    mine = [row for row in catalogue.ended.values() if row.source == stack.source]
    known = catalogue.releases.keys() | catalogue.ended.keys()
    return mine + [
        row for row in _lines(stack.name, stack.source, stack.flavours) if (row.source, row.line) not in known
    ]


@cache
def _lines(stack: str, source: str, flavours: tuple[str, ...]) -> tuple[Ended, ...]:
    """The lines that the table has of a stack, in each flavour."""
    return tuple(
        Ended(source, joined(number, flavour), Version(row.get(flavour, row["last"])), row["ended"])
        for number, row in _table()["stacks"].get(stack, {}).items()
        for flavour in flavours or ("",)
    )


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((resources.files("generator") / "builtin" / "history.toml").read_text("utf-8"))
