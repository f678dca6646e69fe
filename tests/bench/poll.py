"""An unchanged poll: three requests answered 304, inside a daemon and as a whole command."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

from tests.bench import measure, scene
from tests.world import World
from watcher.app import App
from watcher.sync import sync

_MODULES = """
import sys, runpy
sys.argv = ["watcher", "--config", {config!r}, "sync", "node"]
try:
    runpy.run_module("watcher", run_name="__main__")
except SystemExit:
    pass
print("\\n".join(sorted(n for n in sys.modules if not n.startswith("__"))), file=sys.stderr)
"""

_IMPORTS = """
import importlib
for name in {names!r}:
    try:
        importlib.import_module(name)
    except ImportError:
        pass  # made at run time: not a module of its own
"""


def main() -> None:
    """Measure both, and the bare imports beside the command."""
    with scene.imported() as world:
        world.sync()
        world.upstream.requests.clear()
        refs = world.git("for-each-ref")
        cpu = world.run(_in_daemon)
        asked = [(r.status, r.body_bytes) for r in world.upstream.requests[:3]]
        measure.line("CPU of an unchanged poll in a daemon", f"{cpu * 1e3:.1f} ms", goal="< 20 ms")
        print(
            f"  requests of one: {asked}; refs of the images repository unchanged: {refs == world.git('for-each-ref')}"
        )
        _command(world)


async def _in_daemon(app: App) -> float:
    """CPU seconds of this process (children apart) for one poll, once everything is warm."""
    for _ in range(3):
        await sync(app, ["node"])
    taken = []
    for _ in range(20):
        start = time.process_time()
        report = await sync(app, ["node"])
        taken.append(time.process_time() - start)
        assert report.unchanged
    return statistics.median(taken)


def _command(world: World) -> None:
    """``watcher sync node`` as a process, beside importing the modules that it imports."""
    config = str(world.config_file)
    program = [str(Path(sys.executable).with_name("watcher")), "--config", config, "sync", "node"]
    environment = dict(os.environ)  # noqa: TID251  (the child's)
    listed = _run([sys.executable, "-c", _MODULES.format(config=config)], environment).stderr
    script = _IMPORTS.format(names=[n for n in listed.split() if not n.startswith("_")])
    whole = measure.median(lambda: _run(program, environment), 9)
    floor = measure.median(lambda: _run([sys.executable, "-c", script], environment), 9)
    measure.line("watcher sync node, unchanged, whole process", f"{whole * 1e3:.0f} ms",
                 f"{floor * 1e3:.0f} ms its imports", whole / floor, "<= 1.5 x")  # fmt: skip


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run to the end; its failure is ours."""
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
