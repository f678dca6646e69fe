"""The whole family as bake files: planned, named and written down."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import time
import tracemalloc

from generator import bake, matrix
from generator.rows import Catalogue
from generator.tags import Names
from tests.bench import measure
from tests.generator.family import family
from tests.generator.languages import spoken

_PLUGINS = "/usr/libexec/docker/cli-plugins:/usr/lib/docker/cli-plugins"
_TOGETHER = 16
"""Files whose targets are put into one: what a plan without shards would be like."""


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
    _printed(made)
    tracemalloc.start()
    held = _plan(rows)
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert held
    measure.line("the same, at its most in memory", f"{peak:.0f} MiB", goal="< 600 MiB")


def _printed(made: list[bake.Shard]) -> None:
    """How long buildx itself takes to read one file, and many targets in one: why there are many files."""
    program = shutil.which("docker-buildx") or shutil.which("docker-buildx", path=_PLUGINS)
    if program is None:
        print("`bake --print` is not measured: docker-buildx is not installed (Debian's package of that name)")
        return
    for count in (1, _TOGETHER):
        documents = [shard.document() for shard in made[:count]]
        targets = {name: row for document in documents for name, row in document["target"].items()}
        whole = {"group": {"default": {"targets": list(targets)}}, "target": targets}
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            json.dump(whole, file)
            file.flush()
            command = [program, "bake", "--file", file.name, "--print"]
            begun = time.perf_counter()
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            seconds = time.perf_counter() - begun
        if done.returncode:
            print(f"`bake --print` is not measured: {done.stderr.strip()[-200:]}")
            return
        measure.line(
            f"`bake --print` of {len(targets):,} targets in one file",
            f"{seconds:.1f} s",
            goal=f"none: {seconds / len(targets) * 1e3:.1f} ms a target",
        )


def _plan(rows: Catalogue) -> list[bake.Shard]:
    named = Names(rows)
    return list(bake.shards(rows, matrix.images(rows), "", named.tags, {}))
