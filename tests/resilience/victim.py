"""The watcher, to be killed at a boundary: ``python -m tests.resilience.victim POINT FILE ARGUMENT…``.

Boundaries are the moments just before and just after each write to the database, each move of a branch and each write to
the forge. Number POINT is where the process kills itself, as ``kill -9`` does; 0 is nowhere. FILE is told the name of
each boundary that was passed. The program is the real one: nothing in it knows of this.
"""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

WRITES = {
    "state.store.store:Store": ("record", "finish", "fail", "poll_finished", "poll_failed", "save_pull", "ignore"),
    "state.store.builds:Builds": ("add", "save"),
    "builder.git:CloneRepository": ("commit", "push", "delete"),
    "builder.local_forge:LocalForge": ("open", "update", "close", "merge"),
    "builder.github:GitHubForge": ("open", "update", "close", "merge"),
}


class Boundaries:
    """Counts them, and kills at one."""

    def __init__(self, point: int, file: Path) -> None:
        self._left, self._file = point, file

    def reach(self, name: str) -> None:
        """Note one; it may be the last."""
        with self._file.open("a") as file:
            file.write(f"{name}\n")
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """*call* with a boundary on either side."""
        if inspect.iscoroutinefunction(call):

            @functools.wraps(call)
            async def later(*args: Any, **named: Any) -> Any:
                self.reach(f"before {name}")
                found = await call(*args, **named)
                self.reach(f"after {name}")
                return found

            return later

        @functools.wraps(call)
        def now(*args: Any, **named: Any) -> Any:
            self.reach(f"before {name}")
            found = call(*args, **named)
            self.reach(f"after {name}")
            return found

        return now


def main() -> None:
    """Run the watcher."""
    import importlib  # noqa: PLC0415  (nothing of ours before the arguments are known)

    point, file, *arguments = sys.argv[1:]
    boundaries = Boundaries(int(point), Path(file))
    for place, names in WRITES.items():
        module, _, owner = place.partition(":")
        if module == "builder.github" and "--github" not in arguments:
            continue  # PyGithub takes a fifth of a second to import
        kind = getattr(importlib.import_module(module), owner)
        for name in names:
            setattr(kind, name, boundaries.around(f"{owner}.{name}", getattr(kind, name)))
    from watcher.cli import main as watcher  # noqa: PLC0415  (see above)

    sys.argv = ["watcher", *(word for word in arguments if word != "--github")]
    watcher()


if __name__ == "__main__":
    main()
