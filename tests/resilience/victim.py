"""The watcher, to be killed at a boundary: :func:`start` runs one command of it in a process of its own.

Boundaries are the moments just before and just after each write: to the database, to a branch, to the forge, to the
registry, and each image that the engine makes. A process kills itself at the boundary that it is told, as ``kill -9``
does, and tells a file the name of each that it passed. The program is the real one and nothing in it knows of this, but
for two things: the engine makes small images of nothing, and the registry has the same name in every run, whatever its
port is: images are made of names, and their digests have to be the same in all runs.

The processes are forked from one that has imported everything (Python's forkserver): that saves a second for each.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import multiprocessing
import os
import resource
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_FORGE = ("open", "update", "say", "close", "reopen", "merge")
WRITES = {
    "state.store.store:Store": ("record", "finish", "fail", "poll_finished", "poll_failed", "save_pull", "ignore", "unignore"),
    "state.store.builds:Builds": ("add", "save", "built"),
    "state.store.contents:Contents": ("save",),
    "state.store.published:Ledger": ("add", "moved", "named"),
    "builder.git:CloneRepository": ("commit", "push"),
    "builder.local_forge:LocalForge": _FORGE,
    "builder.github:GitHubForge": _FORGE,
    "tests.foundry:Forge": ("build",),
    "watcher.gathering": ("write_indexes",),
    "watcher.pruning:": ("prune",),
}  # fmt: skip
"""Where something is written: module and class, or the module itself; the names of the methods or functions."""

REQUESTS = {
    ("POST", "mount"): "Registry mounts a blob",
    ("POST", "uploads"): "Registry begins an upload",
    ("PUT", "uploads"): "Registry has a blob",
    ("PUT", "digest"): "Registry has a manifest",
    ("PUT", "tag"): "Registry has a tag",
    ("DELETE", "digest"): "Registry deletes",
}
"""Every request that changes something in the registry."""

LAZY = (
    "asyncio", "builder.github", "builder.github_issues", "builder.github_session", "httpx", "github", "sqlite3", "tests.foundry",
    "watcher.adopt", "watcher.building", "watcher.cli", "watcher.family", "watcher.pruning", "watcher.registry_access",
    "watcher.sync", "watcher.wiring",
)  # fmt: skip
"""What the watcher imports once it needs it."""


@dataclass(frozen=True, slots=True)
class Kill:
    """Where to kill: at the *nth* boundary of that name (from 1), or after so many seconds."""

    name: str = ""
    nth: int = 1
    instant: float | None = None

    def __str__(self) -> str:
        """For people."""
        return f"after {self.instant:.2f} s" if self.instant is not None else f"{self.name} ({self.nth})"


NEVER = Kill()


@dataclass(frozen=True, slots=True)
class Command:
    """One command of the watcher: its words, where to kill it, the port of the registry.

    ``passed`` and ``said`` are files, for boundaries and for output. With ``room`` no file can grow beyond so many
    bytes, for the program and for the git that it starts.
    """

    words: tuple[str, ...]
    kill: Kill
    registry: int
    passed: Path
    said: Path
    room: int = 0


class Boundaries:
    """Counts them by name, and kills at one."""

    def __init__(self, kill: Kill, file: Path) -> None:
        self._kill, self._passed = kill, Counter[str]()
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def reach(self, name: str) -> None:
        """Note one; it may be the last."""
        os.write(self._file, f"{name}\n".encode())
        self._passed[name] += 1
        if (name, self._passed[name]) == (self._kill.name, self._kill.nth):
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


def listed() -> list[str]:
    """The names of everything that has a boundary on either side."""
    named = [
        ".".join(filter(None, (place.partition(":")[2], name))) for place, names in WRITES.items() for name in names
    ]
    return [*named, *REQUESTS.values()]


def start(command: Command) -> BaseProcess:
    """Start it; ``kill``, ``join`` and ``exitcode`` are those of a process."""
    process = _PROCESSES.Process(target=_main, args=(command,))
    process.start()
    return process


def _main(command: Command) -> None:
    """Be the watcher."""
    output = os.open(command.said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(output, 1)
    os.dup2(output, 2)
    boundaries = Boundaries(command.kill, command.passed)
    if command.room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (command.room, command.room))
    for place, names in WRITES.items():
        module, _, owner = place.partition(":")
        home = importlib.import_module(module)
        kind = getattr(home, owner) if owner else home
        for name in names:
            setattr(kind, name, boundaries.around(".".join(filter(None, (owner, name))), getattr(kind, name)))
    _in_place(boundaries, command.registry)
    from watcher.cli import main as watcher  # noqa: PLC0415  (imported by then, but not by who only starts it)

    sys.argv = ["watcher", *command.words]
    watcher()


def _in_place(boundaries: Boundaries, port: int) -> None:
    """Put the engine in its place, and what reaches the registry."""
    from builder.engines.discover import Found  # noqa: PLC0415  (see above)
    from builder.registry import Registry  # noqa: PLC0415  (see above)
    from tests.foundry import Forge  # noqa: PLC0415  (see above)
    from watcher import makers  # noqa: PLC0415  (see above)

    async def engine(config: object) -> Found:
        del config
        return Found(Forge(), "forge 1")

    ask = Registry._ask

    async def asked(registry: Registry, method: str, place: str, **more: Any) -> Any:
        if method in ("GET", "HEAD"):
            return await ask(registry, method, place, **more)
        call = boundaries.around(REQUESTS[method, _kind(place)], ask)
        return await call(registry, method, place, **more)

    makers.engine = engine  # type: ignore[attr-defined]
    Registry._ask = asked  # type: ignore[assignment, method-assign]
    Registry._base = property(lambda _: f"http://127.0.0.1:{port}")  # type: ignore[assignment, method-assign]


def _kind(place: str) -> str:
    """What a request writes."""
    if "/uploads/" in place:
        return "mount" if "mount=" in place else "uploads"
    return "digest" if place.rpartition("/")[2].startswith("sha256:") else "tag"


_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["tests.resilience.warm"])
