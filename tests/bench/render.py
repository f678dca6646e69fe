"""Everything that is generated, rendered and written, beside writing the same bytes and beside comparing them."""

from __future__ import annotations

import statistics
import tempfile
import tracemalloc
from collections.abc import Mapping
from pathlib import Path

from generator.catalogue import dump_release, load, release_path
from generator.plan import rendered
from generator.rows import Catalogue
from tests.bench import measure
from tests.generator.family import family, files
from tests.generator.languages import spoken
from watcher import render


def main() -> None:
    """Measure a full render of every stack on every device, and one that finds nothing to change."""
    catalogue = spoken(family())
    made = rendered(catalogue)
    size = sum(len(text) for text in made.values()) // 1024
    alone = measure.median(lambda: rendered(catalogue))
    measure.line(f"full render ({len(made):,} files, {size:,} KiB)", f"{alone * 1e3:.0f} ms", goal="< 1 s")
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        floors, boths = list[float](), list[float]()
        for number in range(measure.ROUNDS):  # in turn: what else the disk does meets both
            floors.append(measure.once(lambda: measure.write_fresh(folder / f"floor{number}", made)))  # noqa: B023
            boths.append(measure.once(lambda: measure.write_fresh(folder / f"full{number}", rendered(catalogue))))  # noqa: B023
        floor, both = statistics.median(floors), statistics.median(boths)
        measure.line("full render, written fresh", f"{both * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms writing",
                     both / floor, "<= 1.5 x")  # fmt: skip
        _unchanged(catalogue, folder / "floor0", made)
    measure.line("full render, at its most in memory", f"{_peak(catalogue):.0f} MiB", goal="< 250 MiB")
    measure.line("reading the catalogue", f"{measure.median(lambda: load(files())) * 1e3:.1f} ms")


def _unchanged(catalogue: Catalogue, folder: Path, made: Mapping[str, str]) -> None:
    """A render that finds nothing to change, beside reading every file and comparing it with a text at hand."""
    recorded = {release_path(*key): dump_release(row).encode() for key, row in catalogue.releases.items()}
    for path, content in (files() | recorded).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / ".git").mkdir()
    assert render.bring_up(folder) == (len(made), 0)
    wholes, floors = list[float](), list[float]()
    for _ in range(3 * measure.ROUNDS):
        wholes.append(measure.once(lambda: render.bring_up(folder)))
        floors.append(measure.once(lambda: [p for p, text in made.items() if (folder / p).read_text() != text]))
    whole, floor = statistics.median(wholes), statistics.median(floors)
    first = measure.median(lambda: render.differences(render.read_checkout(folder), rendered(catalogue)))
    measure.line("a render with nothing to change", f"{whole * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms comparing",
                 whole / floor, "<= 1.5 x")  # fmt: skip
    print(f"  the first one of a checkout, which renders all: {first * 1e3:.0f} ms")


def _peak(catalogue: Catalogue) -> float:
    """MiB at most while everything is rendered and held."""
    tracemalloc.start()
    made = rendered(catalogue)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert made
    return peak
