"""Everything that is generated, rendered and written, beside writing the same bytes and beside comparing them.

Rounds are in turn and the least counts. What a person waits for is measured as they call it: a process that has just
begun, the first of a checkout and one that finds nothing to change.
"""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from generator.catalogue import dump_release, load, release_path
from generator.plan import rendered
from generator.rows import Catalogue
from tests.bench import measure
from tests.generator.family import family, files
from tests.generator.languages import spoken
from watcher import render, two_cores

_PROGRAM = str(Path(sys.executable).with_name("watcher"))
_COMPARE = "import click, pathlib, sys\nfor path in pathlib.Path(sys.argv[1]).rglob('*'):\n    path.is_file() and path.read_bytes()"
"""The least that a command can do: be Python with click, and read every file."""


def main() -> None:
    """Measure a full render of every stack on every device, and one that finds nothing to change."""
    catalogue = spoken(family())
    made = rendered(catalogue)
    size = sum(len(text) for text in made.values()) // 1024
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        numbers = itertools.count()  # a folder of its own for each: nothing is overwritten
        checkout = folder / "checkout"
        measure.write_fresh(checkout, made)
        alone, both, floor, copy = measure.least(
            lambda: rendered(catalogue),
            lambda: render.write(folder / f"full{next(numbers)}", {}, rendered(catalogue, two_cores.beside)),
            lambda: measure.write_fresh(folder / f"floor{next(numbers)}", made),
            lambda: subprocess.run(["cp", "-r", checkout, folder / f"copy{next(numbers)}"], check=True),
        )
        measure.line(f"full render ({len(made):,} files, {size:,} KiB)", f"{alone * 1e3:.0f} ms", goal="< 1 s")
        measure.line("full render, written fresh", f"{both * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms writing",
                     both / floor, "<= 1.5 x")  # fmt: skip
        measure.line("  beside the same bytes by cp -r", "", f"{copy * 1e3:.0f} ms", both / copy)
        _record(catalogue, checkout)
        _cold(checkout)
        _unchanged(checkout, made)
    measure.line("reading the catalogue", f"{measure.least(lambda: load(files()))[0] * 1e3:.1f} ms")


def _record(catalogue: Catalogue, folder: Path) -> None:
    """Make a checkout of *folder*: the catalogue beside what is generated."""
    recorded = {release_path(*key): dump_release(row).encode() for key, row in catalogue.releases.items()}
    for path, content in (files() | recorded).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / ".git").mkdir()


def _cold(folder: Path) -> None:
    """The first call of a process: it imports, reads the catalogue, compiles the templates and renders all."""
    command = [sys.executable, "-m", "tests.bench.cold", str(folder)]
    told = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(measure.ROUNDS)]
    seconds, peak = min(row["seconds"] for row in told), min(row["mib"] for row in told)
    measure.line("the first call of a process, imports included", f"{seconds * 1e3:.0f} ms", goal="< 1.5 s")
    measure.line("the whole process, at its most in memory", f"{peak:.0f} MiB", goal="< 250 MiB")


def _unchanged(folder: Path, made: Mapping[str, str]) -> None:
    """A render that finds nothing to change, beside reading every file and comparing it with a text at hand."""

    def command() -> None:
        subprocess.run([_PROGRAM, "render"], cwd=folder, check=True, capture_output=True)

    def first() -> None:
        (folder / ".git" / "watcher-render").unlink(missing_ok=True)
        command()

    assert render.bring_up(folder) == (len(made), 0)
    bare = [sys.executable, "-c", _COMPARE, str(folder)]
    whole, floor, once, cold, reading = measure.least(
        lambda: render.bring_up(folder),
        lambda: [p for p, text in made.items() if (folder / p).read_text() != text],
        first,
        command,
        lambda: subprocess.run(bare, check=True, capture_output=True),
    )
    measure.line("a render with nothing to change", f"{whole * 1e3:.0f} ms", f"{floor * 1e3:.0f} ms comparing",
                 whole / floor, "<= 1.5 x")  # fmt: skip
    beside = f"{reading * 1e3:.0f} ms Python that reads them"
    measure.line("watcher render, nothing to change", f"{cold * 1e3:.0f} ms", beside, cold / reading, "< 0.5 s")
    measure.line("watcher render, the first of a checkout", f"{once * 1e3:.0f} ms", goal="< 2 s")
