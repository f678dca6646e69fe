"""The whole family: every image with every name, that no two share one, and what a name leads to."""

from __future__ import annotations

import subprocess
import sys
import time
import tracemalloc
from pathlib import Path

from generator import matrix, tags
from generator.presence import presences
from generator.resolve import Resolver
from generator.rows import Catalogue
from tests.bench import measure
from tests.generator.family import family
from tests.generator.languages import spoken

_HARD = ["raspberypi3-node:10.18-stretch", "amd64-debian-openjdk:21-jre-20261122", "iot2000-python"]


def main() -> None:
    """Measure names, proof, matrix and resolving, and how long the command line takes to say what it can do."""
    rows = spoken(family())
    images, names, seconds = _everything(rows)
    floor = measure.median(lambda: _strings(names))
    measure.line(f"{images:,} images with their {names:,} names, proved unique", f"{seconds * 1e3:.0f} ms",
                 f"{floor * 1e3:.0f} ms as many strings", seconds / floor, "< 3 s")  # fmt: skip
    measure.line("the same, at its most in memory", f"{_peak(rows):.0f} MiB", goal="< 400 MiB")
    measure.line(
        "every cell with its reason", f"{measure.median(lambda: sum(1 for _ in presences(rows))) * 1e3:.0f} ms"
    )
    _resolve(rows)
    _whole(rows)
    _help()


def _everything(rows: Catalogue) -> tuple[int, int, float]:
    """Make every image and every name of it; how many, and the median of the seconds."""
    counts = (0, 0)

    def job() -> None:
        nonlocal counts
        names = tags.Names(rows)
        names.prove()
        images = matrix.images(rows)
        counts = len(images), sum(len(names.tags(image)) for image in images)

    seconds = measure.median(job)
    return *counts, seconds


def _strings(count: int) -> int:
    """What any program has to do: put as many names together."""
    repositories = [f"balenalib/{number:04}-debian-node" for number in range(1000)]
    made = 0
    while made < count:
        for repository in repositories:
            made += len([f"{repository}:{tag}" for tag in ("22", "22.1", "22.1.0", "22-trixie", "22-trixie-run")])
    return made


def _peak(rows: Catalogue) -> float:
    """MiB that images and all their names take, held at once, with the proof."""
    tracemalloc.start()
    names = tags.Names(rows)
    names.prove()
    held = [(image, names.tags(image)) for image in matrix.images(rows)]
    peak = tracemalloc.get_traced_memory()[1] / 2**20
    tracemalloc.stop()
    assert held
    return peak


def _resolve(rows: Catalogue) -> None:
    """One name each time, right and wrong ones, by a resolver that has just been made."""
    taken = []
    for name in ["up-core-node:24-build", "amd64-debian-python:3.14", *_HARD]:
        resolver = Resolver(rows)
        taken.append(measure.once(lambda resolver=resolver, name=name: resolver.resolve(name)))  # type: ignore[misc]
    made = measure.median(lambda: Resolver(rows))
    measure.line("one name resolved, the slowest of five", f"{max(taken) * 1e3:.1f} ms", goal="< 50 ms")
    measure.line("a resolver made", f"{made * 1e3:.1f} ms")


def _whole(rows: Catalogue) -> None:
    """Resolve every tag of every image and compare: what the gate does for a sample."""
    resolver, wrong, count = Resolver(rows), 0, 0
    start = time.perf_counter()
    for image in matrix.images(rows):
        for name in resolver.names.tags(image):
            wrong += resolver.resolve(name).image != image
            count += 1
    seconds = time.perf_counter() - start
    measure.line(f"every one of {count:,} names resolved", f"{seconds:.0f} s", goal=f"0 wrong: {wrong}")


def _help() -> None:
    """The command line, beside Python that does nothing."""
    program = str(Path(sys.executable).with_name("watcher"))
    whole = measure.median(lambda: subprocess.run([program, "--help"], check=True, capture_output=True), 9)
    floor = measure.median(
        lambda: subprocess.run([sys.executable, "-c", "import click"], check=True, capture_output=True), 9
    )
    measure.line("watcher --help", f"{whole * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms import click", whole / floor,
                 "< 250 ms")  # fmt: skip
