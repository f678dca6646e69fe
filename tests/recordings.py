"""Run the parsers and the verification over a folder of real recordings: ``make check-recordings RECORDINGS=DIR``.

For developers, since recordings are too large to bundle. Every file is read as a poll would read it; the table
tells what was refused and why. That must be exactly what ``tests/recorded/known.py`` knows to be unusable, else the
exit code is 1. Recordings of what no source asks for are not opened (python.org's API, which allows 100 requests a day;
Bodhi's client fixtures), and of Rust, the worked example, nothing was recorded.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.recorded import alpine, debian, dotnet, fedora, go, matrix_2022, node, openjdk, python, raspbian, ubuntu
from tests.recorded.known import REFUSED
from tests.recorded.outcome import Outcome

CHECKS: Mapping[str, tuple[str, Callable[[Path], Outcome]]] = {
    "node": ("node", node.check),
    "python": ("python", python.check),
    "go": ("go", go.check),
    "openjdk": ("adoptium", openjdk.check),
    "dotnet": ("dotnet", dotnet.check),
    "debian": ("debian", debian.check),
    "ubuntu": ("ubuntu", ubuntu.check),
    "alpine": ("alpine", alpine.check),
    "fedora": ("fedora", fedora.check),
    "raspbian": ("raspbian", raspbian.check),
    "page": ("../catalogue", matrix_2022.check),
}
"""Source → its folder of recordings, and what is done with it; the page's own catalogue may lie beside them."""


def main() -> int:
    """Run all checks and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.recordings", description=__doc__)
    parser.add_argument("recordings", type=Path, metavar="DIR", nargs="?", help="holds a folder per source")
    folder = parser.parse_args().recordings
    if folder is None or not folder.is_dir():
        print("skipped: no folder of recordings given; make check-recordings RECORDINGS=DIR")
        return 0
    good = True
    print(f"{'source':9} {'files':>6} {'releases':>9} {'refused':>8} {'seconds':>8}")
    for source, (name, check) in CHECKS.items():
        started = time.perf_counter()
        outcome = check(folder / name)
        seconds = time.perf_counter() - started
        as_known = outcome.good and (source == "page" or _refused(outcome) == REFUSED.get(source, {}))
        good &= as_known and (outcome.files > 0 or source == "page")
        mark = "" if as_known else "  NOT AS KNOWN"
        print(f"{source:9} {outcome.files:6} {outcome.releases:9} {len(outcome.refused):8} {seconds:8.2f}{mark}")
        for file, reason in outcome.refused:
            print(f"    {file}: {reason[:200]}")
    return 0 if good else 1


def _refused(outcome: Outcome) -> Mapping[str, int]:
    """File → how often it was refused; a file of several releases is refused release by release."""
    return Counter(file.partition(": ")[0] for file, _ in outcome.refused)


if __name__ == "__main__":
    sys.exit(main())
