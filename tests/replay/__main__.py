"""Play the histories, and print a table for each: ``python -m tests.replay DIR [SOURCE…]``."""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from tests.replay.alpine import Alpine
from tests.replay.debian import Debian
from tests.replay.dotnet import DotNet
from tests.replay.fedora import Fedora
from tests.replay.go import Go
from tests.replay.history import History
from tests.replay.node import Node
from tests.replay.openjdk import OpenJDK
from tests.replay.python import Python
from tests.replay.respins import NodeRespins, TemurinRespins
from tests.replay.stage import play
from tests.replay.ubuntu import Ubuntu

HISTORIES: Mapping[str, Callable[[Path], History]] = {
    "node": Node,
    "node-respins": NodeRespins,
    "python": Python,
    "go": Go,
    "openjdk": OpenJDK,
    "openjdk-respins": TemurinRespins,
    "dotnet": DotNet,
    "debian": Debian,
    "ubuntu": Ubuntu,
    "alpine": Alpine,
    "fedora": Fedora,
}
NO_HISTORY: Mapping[str, str] = {
    "raspbian": "no InRelease of it was recorded, only its keys, an unsigned test tree of 2012 and a made-up head",
    "rust": "nothing of it was recorded: it is the worked example of CONTRIBUTING",
}
"""The sources of which there is nothing to play, and why."""


def main() -> int:
    """Play those that were named, or all; 0 if each came out as it should."""
    parser = argparse.ArgumentParser(prog="python -m tests.replay", description=__doc__)
    parser.add_argument("recordings", type=Path, metavar="DIR", nargs="?")
    parser.add_argument("sources", metavar="SOURCE", nargs="*", help="all, if none is named")
    arguments = parser.parse_args()
    if arguments.recordings is None or not arguments.recordings.is_dir():
        print("skipped: no folder of recordings given; make replay RECORDINGS=DIR")
        return 0
    logging.getLogger("watcher").setLevel(logging.CRITICAL)  # failed steps are in the table
    good = True
    for name in arguments.sources or [*HISTORIES, *NO_HISTORY]:
        if name in NO_HISTORY:
            print(f"\n{name:9} not replayed: {NO_HISTORY[name]}")
            continue
        history, started = HISTORIES[name](arguments.recordings), time.perf_counter()
        print(f"\n{name}: {history.told}")
        with tempfile.TemporaryDirectory(prefix=f"watcher-replay-{name}-") as folder:
            tally = play(history, Path(folder))
        tally.print()
        good &= tally.good
        print(f"{name:9} {'seconds':<45} {time.perf_counter() - started:.0f}", flush=True)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
