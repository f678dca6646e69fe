"""Lists for people: columns of rich, folded to the width of a terminal, and one plain line a row in a pipe.

Nothing is cut off in either: what a person searches for is there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click

_ENDLESS = 1_000_000
"""Columns of a pipe: as many as the longest row needs."""
_STYLES = {"open": "green", "failed": "red", "blocked": "yellow", "running": "cyan", "merged": "magenta"}
"""How a cell looks that is one of these words."""


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print *rows* below the names of their *columns*; a cell may have several lines."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _ENDLESS)
    shown = Table(box=None, pad_edge=False)
    for name in columns:
        shown.add_column(name, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(cell, _STYLES.get(cell, "")) for cell in row))
    with console.capture() as told:
        console.print(shown)
    for line in told.get().splitlines():
        click.echo(line.rstrip())
