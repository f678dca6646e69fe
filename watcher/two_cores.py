"""Half of a pure computation in a process of its own, beside the other half: for commands, which have one thread.

A render is pure and takes a core for as long as writing its files takes the disk. A forked child needs nothing handed
over, and what it makes (paths and texts) comes back through a pipe in a few milliseconds.
"""

from __future__ import annotations

import marshal
import os
import threading
from collections.abc import Callable

Texts = dict[str, str]


def beside(job: Callable[[], Texts]) -> Callable[[], Texts]:
    """Begin *job* in a child process; return what waits for its result.

    *job* has to be pure: where a child cannot be had, or does not end well, it is done (again) by whoever waits, so its
    errors are raised there. A process with several threads forks none: a lock that another thread holds is never freed
    in the child (https://docs.python.org/3/library/os.html#os.fork).
    """
    if (os.cpu_count() or 1) < 2 or threading.active_count() > 1 or not hasattr(os, "fork"):  # noqa: PLR2004
        return job
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        _give(job, reading, writing)
    os.close(writing)
    return lambda: _take(child, reading) or job()


def _give(job: Callable[[], Texts], reading: int, writing: int) -> None:
    """The child's whole life: nothing of the parent's (open files, hooks at exit) is run down in it."""
    status = 1
    try:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            marshal.dump(job(), pipe)
        status = 0
    finally:
        os._exit(status)


def _take(child: int, reading: int) -> Texts | None:
    """What the child made; None if it did not end well."""
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(child, 0)
    found: Texts | None = marshal.loads(data) if status == 0 else None  # noqa: S302  (our own child wrote it)
    return found
