"""``python -m tests.github --port N --repo OWNER/NAME --git DIR``: a GitHub on loopback, until it is interrupted.

API at ``http://127.0.0.1:N`` (also below ``/api/v3``), git at ``http://127.0.0.1:N/OWNER/NAME.git``. Any token is the
owner's unless ``--token`` names the ones that are. What is not as GitHub's description says goes to standard error.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from types import FrameType
from typing import Self

from tests.github.hub import Hub
from tests.github.records import Access
from tests.github.server import Server


class _Told(list[str]):
    """A list whose new entries are printed."""

    def __iadd__(self, more: object) -> Self:  # type: ignore[misc, override]
        for each in more:  # type: ignore[attr-defined]
            print(f"not as GitHub has it: {each}", file=sys.stderr, flush=True)
        return self


def main() -> None:
    """Serve."""
    parser = argparse.ArgumentParser(prog="python -m tests.github", description=__doc__.partition("\n")[0])
    parser.add_argument("--port", type=int, default=8080, help="0: any that is free")
    parser.add_argument("--repo", default="owner/images", metavar="OWNER/NAME")
    parser.add_argument(
        "--git", type=Path, required=True, metavar="DIR", help="a bare repository; made if there is none"
    )
    parser.add_argument("--token", action="append", default=[], help="a token of the owner's; may be given again")
    given = parser.parse_args()
    if given.repo.count("/") != 1:
        parser.error("--repo is OWNER/NAME")
    directory = given.git / ".git" if (given.git / ".git").is_dir() else given.git
    owner = given.repo.partition("/")[0]
    hub = Hub(directory, given.repo, tokens={token: Access(owner) for token in given.token})
    hub.violations = _Told()
    server = Server(hub, given.port)
    print(f"{hub.api}/{given.repo}.git  API: {hub.api}", flush=True)

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        server.serve_forever(poll_interval=0.05)
    except KeyboardInterrupt:
        server.server_close()


if __name__ == "__main__":
    main()
