"""Everything that is generated, rendered and written, beside writing the same bytes."""

from __future__ import annotations

import tempfile
from pathlib import Path

from generator.catalogue import load
from generator.plan import rendered
from tests.bench import measure
from tests.generator.family import family, files


def main() -> None:
    """Measure a full render."""
    catalogue = family()
    made = rendered(catalogue)
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        rounds = iter(range(100))
        floor = measure.median(lambda: measure.write_fresh(folder / f"floor{next(rounds)}", made))
        both = measure.median(lambda: measure.write_fresh(folder / f"full{next(rounds)}", rendered(catalogue)))
    alone = measure.median(lambda: rendered(catalogue))
    size = sum(len(text) for text in made.values()) // 1024
    measure.line(f"full render ({len(made)} files, {size} KiB)", f"{alone * 1e3:.0f} ms")
    measure.line("full render, written fresh", f"{both * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms writing", both / floor,
                 "<= 1.5 x")  # fmt: skip
    measure.line("reading the catalogue", f"{measure.median(lambda: load(files())) * 1e3:.1f} ms")
