"""A plan of builds as a graph: stages are columns, and lines lead from what images stand on to what waits for it.

A plan has up to tens of thousands of images. Those of one repository on nothing of the plan are one box, and so are those
that stand on the same box. What nobody has to look at is put together where a column would be too long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from state.model import BuildState
from state.store.board import Job

ROWS = 8
"""Boxes of a column; what is left over is one more."""
WIDE, HIGH = 250, 54
"""Of a box, in the drawing's own units."""
_APART, _BETWEEN, _EDGE, _TOP = 70, 12, 2, 26
_LONGEST = 30
_BAR = WIDE - 20
GROUPS: Mapping[str, tuple[BuildState, ...]] = {
    "done": ("tagged",),
    "pushed": ("pushed",),
    "running": ("running",),
    "waiting": ("waiting",),
    "failed": ("failed", "blocked"),
    "superseded": ("superseded",),
}
"""What people are told of the states, in the order of a bar from left to right."""
URGENT: tuple[BuildState, ...] = ("failed", "running", "blocked", "pushed", "waiting", "tagged", "superseded")
"""The states, those that one wants to see first coming first."""


@dataclass(eq=False, slots=True)
class Box:
    """Images of one stage: their repositories, how many are in each state, and the boxes that they stand on."""

    stage: int
    repositories: dict[str, None] = field(default_factory=dict)
    states: Counter[BuildState] = field(default_factory=Counter)
    below: dict[Box, None] = field(default_factory=dict)
    x: int = 0
    y: int = 0

    @property
    def label(self) -> str:
        """What it is, without the namespace, which all have."""
        first = next(iter(self.repositories)).rpartition("/")[2]
        more = f" + {len(self.repositories) - 1}" if len(self.repositories) > 1 else ""
        room = _LONGEST - len(more)
        return (first if len(first) <= room else f"{first[: room - 1]}…") + more

    @property
    def told(self) -> str:
        """How far it is: ``2 done, 1 running``."""
        return ", ".join(f"{count:,} {group}" for group, count in self._groups())

    @property
    def parts(self) -> Sequence[tuple[str, float, float]]:
        """Its bar: group, where it begins and how wide it is."""
        found, start, total = [], 0.0, self.states.total()
        for group, count in self._groups():
            found.append((group, round(start, 1), round(_BAR * count / total, 1)))
            start += _BAR * count / total
        return found

    def _groups(self) -> Sequence[tuple[str, int]]:
        counted = ((group, sum(self.states[state] for state in members)) for group, members in GROUPS.items())
        return [(group, count) for group, count in counted if count]


@dataclass(frozen=True, slots=True)
class Graph:
    """A drawing: boxes in their places, lines as paths of SVG, each with whether what it leads to waits, heads of columns."""

    boxes: Sequence[Box]
    lines: Sequence[tuple[str, bool]]
    heads: Sequence[tuple[int, int]]
    width: int
    height: int
    wide: int = WIDE
    high: int = HIGH


def graph(jobs: Sequence[Job]) -> Graph:
    """Draw the images of a plan, which are given in build order."""
    merged: dict[Box, Box] = {}
    drawn: list[Box] = []
    heads: list[tuple[int, int]] = []
    for number, some in enumerate(_boxes(jobs)):
        x = _EDGE + number * (WIDE + _APART)
        column = _shortened(some, merged)
        for box in column:
            box.below = dict.fromkeys(merged.get(below, below) for below in box.below)
        column.sort(key=lambda box: min((below.y for below in box.below), default=0))
        for row, box in enumerate(column):
            box.x, box.y = x, _TOP + row * (HIGH + _BETWEEN)
        drawn += column
        heads.append((x, number + 1))
    lines = [
        (_line(below, box), bool(box.states["waiting"] or box.states["blocked"]))
        for box in drawn
        for below in box.below
    ]
    height = max((box.y for box in drawn), default=0) + HIGH + _EDGE
    return Graph(drawn, lines, heads, len(heads) * (WIDE + _APART) - _APART + 2 * _EDGE, height)


def _boxes(jobs: Sequence[Job]) -> list[list[Box]]:
    """Put the images together, stage by stage."""
    of: dict[str, Box] = {}
    boxes: dict[Box | str, Box] = {}
    columns: list[list[Box]] = []
    for job in jobs:
        below, repository = of.get(job.base), job.name.partition(":")[0]
        key = below or repository
        if key not in boxes:
            boxes[key] = Box(below.stage + 1 if below else 0, below={below: None} if below else {})
            columns += [[] for _ in range(len(columns), boxes[key].stage + 1)]
            columns[boxes[key].stage].append(boxes[key])
        box = of[job.name] = boxes[key]
        box.repositories[repository] = None
        box.states[job.state] += 1
    return columns


def _shortened(boxes: list[Box], merged: dict[Box, Box]) -> list[Box]:
    """Put together what is too much for a column, but for what is most urgent; *merged* notes what went where."""
    if len(boxes) <= ROWS + 1:
        return boxes
    ordered = sorted(boxes, key=lambda box: min(URGENT.index(state) for state in box.states))
    rest = Box(boxes[0].stage)
    for box in ordered[ROWS:]:
        rest.repositories |= box.repositories
        rest.states += box.states
        rest.below |= box.below
        merged[box] = rest
    return [*ordered[:ROWS], rest]


def _line(start: Box, end: Box) -> str:
    """A curve from the right of one box to the left of another."""
    x, y, to, down = start.x + WIDE, start.y + HIGH // 2, end.x, end.y + HIGH // 2
    half = (x + to) // 2
    return f"M{x} {y}C{half} {y} {half} {down} {to} {down}"
