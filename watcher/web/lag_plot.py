"""The history of a source's lag as a drawing: numbers in, places of lines and points out; the template writes the SVG.

Each version is a column: from the day of its publication (the floor) up to when it was seen, proposed, merged and pushed.
The scale is logarithmic, as minutes and months are both of interest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from math import log10

from state.store.pages import Passage
from watcher.web.view import span

WIDTH, HEIGHT = 1000, 260
"""Of the whole drawing, in its own units."""
_LEFT, _RIGHT, _TOP, _BOTTOM = 70, 12, 14, 34
_LEAST, _MOST = 60.0, 365 * 86400.0
_MARKS = (("1 min", 60.0), ("1 h", 3600.0), ("1 day", 86400.0), ("1 week", 604800.0), ("1 month", 2629800.0))
_APART, _SIZE = 10.0, 5.0
COLUMNS = 60
"""How many versions a drawing has room for."""


@dataclass(frozen=True, slots=True)
class Column:
    """One version; heights are from the top, None for what has not happened. ``told`` says it in words."""

    x: float
    passage: Passage
    seen: float
    opened: float | None
    merged: float | None
    pushed: float | None
    told: str

    @property
    def top(self) -> float:
        """Where the column ends."""
        return min(y for y in (self.seen, self.opened, self.merged, self.pushed) if y is not None)


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing: columns from old to new, and the marks of the scale as (words, height).

    The four points of a column stand side by side, *aside* from one another and *size* in each direction: what is
    proposed a minute after it was seen would hide it else.
    """

    columns: Sequence[Column]
    marks: Sequence[tuple[str, float]]
    aside: float
    size: float
    floor: float = HEIGHT - _BOTTOM
    left: float = _LEFT
    right: float = WIDTH - _RIGHT
    width: int = WIDTH
    height: int = HEIGHT


def plot(passages: Sequence[Passage]) -> Plot | None:
    """Draw the newest versions; None where there is none."""
    shown = passages[-COLUMNS:]
    if not shown:
        return None
    step = (WIDTH - _LEFT - _RIGHT) / len(shown)
    columns = [_column(_LEFT + (number + 0.5) * step, passage) for number, passage in enumerate(shown)]
    aside = round(min(_APART, step / 4), 1)
    return Plot(
        columns, [(words, height(seconds)) for words, seconds in _MARKS], aside, min(_SIZE, round(aside * 0.6, 1))
    )


def height(seconds: float) -> float:
    """Where on the scale so many seconds are."""
    within = max(_LEAST, min(seconds, _MOST))
    share = (log10(within) - log10(_LEAST)) / (log10(_MOST) - log10(_LEAST))
    return round(HEIGHT - _BOTTOM - share * (HEIGHT - _TOP - _BOTTOM), 1)


def _column(x: float, passage: Passage) -> Column:
    start = datetime.combine(passage.published, time(), UTC)

    def after(moment: datetime | None) -> float | None:
        return None if moment is None else max(0.0, (moment - start).total_seconds())

    moments = {"seen": passage.seen, "proposed": passage.opened, "merged": passage.merged, "pushed": passage.pushed}
    times = [(word, after(moment)) for word, moment in moments.items()]
    told = ", ".join(f"{word} after {span(seconds)}" for word, seconds in times if seconds is not None)
    seen, opened, merged, pushed = (None if seconds is None else height(seconds) for _, seconds in times)
    return Column(round(x, 1), passage, seen or 0.0, opened, merged, pushed, told)
