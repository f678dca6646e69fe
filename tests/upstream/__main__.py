"""Serve a folder of feeds until interrupted: ``python -m tests.upstream --port 9000 DIR``."""

from __future__ import annotations

import argparse
import signal
import threading
from pathlib import Path

from tests.upstream import Upstream


def main() -> None:
    """Serve, and print the ``[mirrors]`` table that leads a watcher here."""
    parser = argparse.ArgumentParser(prog="python -m tests.upstream", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--latency", type=float, default=0.0, metavar="MS", help="delay of every answer")
    parser.add_argument("folder", type=Path, metavar="DIR", help="holds <host>/<path>; may be a symbolic link")
    arguments = parser.parse_args()
    done = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: done.set())
    with Upstream(arguments.folder, arguments.port, arguments.latency / 1000) as upstream:
        print("[mirrors]")
        for official, mirror in upstream.mirrors().items():
            print(f'"{official}" = "{mirror}"')
        print(flush=True)
        done.wait()


if __name__ == "__main__":
    main()
