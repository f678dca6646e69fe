"""One render in a process of its own: ``python -m tests.bench.cold FOLDER`` renders the catalogue of a checkout once.

Prints a JSON document: seconds from the first line of this module to the end, imports and templates included, and MiB at
most, of the whole process (``ru_maxrss``; https://man7.org/linux/man-pages/man2/getrusage.2.html).
"""

from __future__ import annotations

import time

_START = time.perf_counter()

import json  # noqa: E402  (what is imported is measured)
import resource  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402


def main() -> None:
    """Render everything, nothing of it kept from a call before."""
    from generator.catalogue import load  # noqa: PLC0415
    from generator.plan import rendered  # noqa: PLC0415

    top = Path(sys.argv[1])
    files = {path.relative_to(top).as_posix(): path.read_bytes() for path in (top / "catalogue").rglob("*.*")}
    made = rendered(load(files))
    seconds = time.perf_counter() - _START
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"files": len(made), "seconds": seconds, "mib": peak}))


if __name__ == "__main__":
    main()
