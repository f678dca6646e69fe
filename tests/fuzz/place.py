"""One file of properties, run by pytest for so many seconds: in a process forked from one that has imported all it needs."""

from __future__ import annotations

import multiprocessing
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

FIRST = 10
"""Examples of each property in the first run of a place, which shows how fast it is."""

_PASSED = re.compile(r"([0-9]+) passed")


@dataclass(slots=True)
class Place:
    """A file of properties: how many examples of each its next run tries, and how often it was run to its end."""

    file: Path
    examples: int = FIRST
    rounds: int = 0


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended: ``code`` is pytest's, 0 well, 1 wrong, 2 ended early, -9 cut off."""

    code: int
    said: str
    seconds: float

    @property
    def wrong(self) -> bool:
        """Whether something was found, or nothing could be run."""
        return self.code not in (0, 2, -9)

    @property
    def figure(self) -> str:
        """What it came to, in a few words."""
        passed = found[1] if (found := _PASSED.search(self.said)) else "0"
        return f"{'WRONG' if self.wrong else 'cut off' if self.code else 'well'}, {passed} passed, {self.seconds:.0f} s"


def run(place: Place, seed: int, seconds: float, most: float) -> Ran:
    """Run a place once; it begins no test after so many *seconds*, and is killed after *most*."""
    options = ["-q", "-n0", "-p", "no:cacheprovider", "-p", "tests.fuzz.bounded", f"--until={time.time() + seconds}"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what was imported before, and asserts nothing
    options += [f"--examples={place.examples}", f"--hypothesis-seed={seed}", str(place.file)]
    with TemporaryDirectory() as folder:
        said = Path(folder) / "said"
        said.touch()
        begun = time.monotonic()
        process = _PROCESSES.Process(target=_pytest, args=(options, said))
        process.start()
        process.join(most)
        if process.exitcode is None:
            process.kill()
            process.join()
        return Ran(process.exitcode or 0, said.read_text(errors="replace"), time.monotonic() - begun)


def _pytest(options: Sequence[str], said: Path) -> None:
    import pytest  # noqa: PLC0415  (who only starts this needs none)

    output = os.open(said, os.O_WRONLY)
    os.dup2(output, 1)
    os.dup2(output, 2)
    sys.exit(pytest.main(list(options)))


_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(
    ["hypothesis.strategies", "pytest", "tests.distro_world", "tests.foundry", "tests.generator.family", "tests.toys"]
)
