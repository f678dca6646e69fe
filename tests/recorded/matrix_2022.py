"""Every image of the page's own catalogue, of 2022-08-24: which of them our stacks would not have made, and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from tests.generator import then
from tests.recorded.outcome import Outcome


def check(folder: Path) -> Outcome:
    """Compare the whole list; a cell may be missing only with a reason."""
    outcome = Outcome()
    for file in folder.glob("matrix-2022-08-24.tsv"):
        rows = then.read(file.read_text())
        outcome.files += 1
        outcome.releases += len(rows)
        gone = then.missing(rows)
        outcome.good = all(gone.values())
        cells = Counter((row.stack, then.line_of(row.stack, row.version), reason) for row, reason in gone.items())
        outcome.refused += [
            (f"{n} cells of {stack} {line}", why or "NO REASON") for (stack, line, why), n in cells.items()
        ]
    return outcome
