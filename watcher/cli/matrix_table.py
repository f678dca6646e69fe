"""The matrix for people: distro versions and lines by architecture, and the reasons below as footnotes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from generator.presence import Presence

_COLUMNS = 8
_WIDE = 200

Pattern = tuple[str, ...]
"""One word per column: yes, or the number of a footnote."""


def show(cells: Sequence[Presence]) -> None:
    """Print the table of the hardware that there is room for, the reasons, and how many images there are in all."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDE)
    everything = list(dict.fromkeys(cell.hw for cell in cells))
    shown = everything if len(everything) <= _COLUMNS else _architectures(cells)
    notes: dict[str, int] = {}
    table = Table(box=None, pad_edge=False)
    for word in ("distro", "versions", "stack", "lines", *shown):
        table.add_column(word, no_wrap=word in shown)
    for distro, versions, stack, lines, pattern in _rows(cells, shown, notes):
        table.add_row(distro, versions, stack or "-", lines, *pattern)
    console.print(table)
    for reason, number in notes.items():
        console.print(f"{number:>4}  {reason}")
    for sentence in dict.fromkeys(cell.reason for cell in cells if _unknown(cell)):
        console.print(f"   -  {sentence}")
    there = sum(cell.present for cell in cells)
    rest = f", of which {len(shown)} are shown" if len(shown) < len(everything) else ""
    console.print(f"{there:,} images, {len(cells) - there:,} absent, on {len(everything):,} kinds of hardware{rest}")


def _architectures(cells: Iterable[Presence]) -> list[str]:
    """The architectures of the cells, by the names of their repositories."""
    return list(dict.fromkeys(cell.arch.repo for cell in cells if cell.arch))


def _unknown(cell: Presence) -> bool:
    """Whether nothing is recorded of the cell's stack: that is said once, below."""
    return cell.stack is not None and cell.line is None


def _rows(
    cells: Sequence[Presence], shown: Sequence[str], notes: dict[str, int]
) -> Iterator[tuple[str, str, str, str, Pattern]]:
    """The rows; lines, and then distro versions, of which the same is true share one."""
    patterns: dict[tuple[str, str, str], dict[Pattern, list[str]]] = {}
    for (distro, stack, codename, line), group in groupby(_sorted(cells, shown), key=_place):
        row = patterns.setdefault((distro, stack, codename), {})
        row.setdefault(_pattern(list(group), shown, notes), []).append(line)
    merged: dict[tuple[str, str, str, Pattern], list[str]] = {}
    for (distro, stack, codename), row in patterns.items():
        for pattern, lines in row.items():
            merged.setdefault((distro, stack, ", ".join(filter(None, lines)), pattern), []).append(codename)
    for (distro, stack, names, pattern), codenames in merged.items():
        yield distro, ", ".join(codenames), stack, names, pattern


def _sorted(cells: Iterable[Presence], shown: Sequence[str]) -> list[Presence]:
    """The shown cells by distro, stack, distro version and line, each in the order of the catalogue."""
    here = [cell for cell in cells if cell.hw in shown and not _unknown(cell)]
    orders = [
        {word: n for n, word in enumerate(dict.fromkeys(words))} for words in zip(*map(_place, here), strict=True)
    ]
    return sorted(here, key=lambda cell: [order[word] for order, word in zip(orders, _place(cell), strict=True)])


def _place(cell: Presence) -> tuple[str, str, str, str]:
    return cell.distro, cell.stack or "", cell.distro_version, cell.line or ""


def _pattern(cells: Sequence[Presence], shown: Sequence[str], notes: dict[str, int]) -> Pattern:
    """What is true of one place, by hardware."""
    by = {cell.hw: cell for cell in cells}
    return tuple(_word(by.get(hw), notes) for hw in shown)


def _word(cell: Presence | None, notes: dict[str, int]) -> str:
    if cell is None:
        return ""
    return "yes" if cell.present else str(notes.setdefault(cell.reason or "", len(notes) + 1))
