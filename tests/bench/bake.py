"""The whole family as bake files: planned, named and written down."""

from __future__ import annotations

import json
import time
import tracemalloc

from generator import bake, matrix
from generator.rows import Catalogue
from generator.tags import Names
from tests.bench import measure
from tests.generator.family import family
from tests.generator.languages import spoken


def main() -> None:
    """Measure the plan with every name of every image beside writing the same documents as JSON."""
    rows = spoken(family())
    start = time.perf_counter()
    made = _plan(rows)
    seconds = time.perf_counter() - start
    targets = sum(len(shard.targets) for shard in made)
    names = sum(len(row["tags"]) for shard in made for row in shard.targets.values())
    documents = [shard.document() for shard in made]
    floor = measure.median(lambda: [json.dumps(document) for document in documents], 3)
    measure.line(f"{targets:,} targets, {names:,} names, {len(made)} files", f"{seconds:.1f} s",
                 f"{floor:.1f} s as JSON alone", seconds / floor, "< 10 s")  # fmt: skip
    tracemalloc.start()
    held = _plan(rows)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert held
    measure.line("the same, at its most in memory", f"{peak:.0f} MiB", goal="< 600 MiB")


def _plan(rows: Catalogue) -> list[bake.Shard]:
    named = Names(rows)
    return list(bake.shards(rows, matrix.images(rows), "", named.tags, {}))
