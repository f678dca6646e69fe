"""Five hundred feeds behind 50 ms of latency: the main job beside nvchecker, whole processes both.

nvchecker is installed into a folder of its own below the user's cache folder, once. Without it there is no figure to
stand beside: the benchmark says so and fails.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from tests.bench import measure
from tests.bench.small import url
from tests.upstream.layout import write
from tests.upstream.server import PLAIN
from watcher import workspace

T = TypeVar("T")

COUNT, LATENCY, ROUNDS = 500, 50, 3
NVCHECKER = "2.22"


def main() -> None:
    """Measure both, cold; then what our main job makes of it, cold and warm."""
    checker = _nvchecker()
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        for number in range(COUNT):
            write(folder / "served" / url(number).removeprefix("https://"), b'{"version": "1.%d"}\n' % number)
        with served(folder / "served") as mirrors:
            config = _workspace(folder, mirrors)
            peer, ours = [], []
            for _ in range(ROUNDS):  # in turn: what else the machine does meets both
                peer.append(_spent(lambda: _peer(checker, folder, mirrors)))
                ours.append(_spent(lambda: _ours("check", config)))
            cold_spent, (_, cold) = _spent(lambda: _ours("sync", config))
            warm_spent, (_, warm) = _spent(lambda: _ours("sync", config))
    theirs, their_cpu = (statistics.median(spent[n] for spent, _ in peer) for n in (0, 1))
    median, cpu = (statistics.median(spent[n] for spent, _ in ours) for n in (0, 1))
    measure.line(f"{COUNT} feeds, cold, whole process", f"{median:.2f} s", f"{theirs:.2f} s nvchecker",
                 median / theirs, "<= 0.8 x")  # fmt: skip
    print(f"  CPU: {cpu:.2f} s, nvchecker {their_cpu:.2f} s")
    for what, (wall, spent) in {"cold": cold_spent, "warm": warm_spent}.items():
        measure.line(f"main job, {what}, whole process", f"{wall:.2f} s", f"{theirs:.2f} s nvchecker",
                     wall / theirs, "<= 0.8 x")  # fmt: skip
        print(f"  CPU: {spent:.2f} s, nvchecker {their_cpu:.2f} s")
    for what, said in {"cold": cold, "warm": warm}.items():
        print(f"  main job, {what}, everything kept: {said['seconds']:.2f} s, of that {said['cpu']:.2f} s CPU; "
              f"{said['requests']} requests, {said['unchanged']} answered 304 of {COUNT * 3 // 4} with validators, "
              f"{said['read']} documents read")  # fmt: skip


def _spent(job: Callable[[], T]) -> tuple[tuple[float, float], T]:
    """Run *job*, whose processes end in it: seconds by the clock on the wall, and seconds of CPU; what it returned."""
    before, start = os.times(), time.perf_counter()
    done = job()
    wall, after = time.perf_counter() - start, os.times()
    cpu = sum(getattr(after, name) - getattr(before, name) for name in ("children_user", "children_system"))
    return (wall, cpu), done


def _nvchecker() -> Path:
    """Return the peer's program, installed if it is not there yet."""
    home = Path.home() / ".cache" / "base-image-watcher" / f"nvchecker-{NVCHECKER}"
    program = home / "bin" / "nvchecker"
    if not program.is_file():
        try:
            subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, capture_output=True)
            install = [str(home / "bin" / "pip"), "install", "--quiet", f"nvchecker=={NVCHECKER}"]
            subprocess.run(install, check=True, capture_output=True, text=True)
        except subprocess.CalledProcessError as error:
            shutil.rmtree(home, ignore_errors=True)
            raise SystemExit(f"nvchecker cannot be installed, so there is nothing to compare with:\n{error.stderr}")  # noqa: B904
    return program


@contextmanager
def served(folder: Path, latency: int = LATENCY) -> Iterator[dict[str, str]]:
    """Serve *folder* from a process of its own, each answer *latency* ms late; yield the mirrors that lead there."""
    hosts = sorted(host.name for host in folder.iterdir())
    command = [sys.executable, "-m", "tests.bench.server", str(folder), str(latency)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        port = int(server.stdout.readline())
        try:
            yield {f"http{'' if h in PLAIN else 's'}://{h}": f"http://127.0.0.1:{port}/{h}" for h in hosts}
        finally:
            server.terminate()


def _peer(program: Path, folder: Path, mirrors: dict[str, str]) -> float:
    """Seconds of one run of nvchecker, with its defaults (20 at a time) and nothing known."""
    lines = [f'[__config__]\noldver = "{folder}/old.json"\nnewver = "{folder}/new.json"\n']
    for number in range(COUNT):
        host, _, path = url(number).removeprefix("https://").partition("/")
        there = f"{mirrors[f'https://{host}']}/{path}"
        lines.append(f'[feed-{number}]\nsource = "regex"\nurl = "{there}"\nregex = \'"version": "([0-9.]+)"\'\n')
    (folder / "nvchecker.toml").write_text("\n".join(lines))
    (folder / "new.json").unlink(missing_ok=True)
    taken = measure.once(lambda: _run([str(program), "-l", "error", "-c", str(folder / "nvchecker.toml")]))
    found = json.loads((folder / "new.json").read_text())
    assert len(found.get("data", found)) == COUNT, "nvchecker did not find them all"
    return taken


def _workspace(folder: Path, mirrors: dict[str, str]) -> Path:
    """Make a workspace with an empty database."""
    workspace.make(folder / "ws", [], datetime(2026, 8, 10, tzinfo=UTC))
    table = "".join(f'"{official}" = "{mirror}"\n' for official, mirror in mirrors.items())
    config = folder / "ws" / "watcher.toml"
    config.write_text(f"[mirrors]\n{table}")
    run("tests.bench.small", "sync", str(config), "0")
    return config


def _ours(job: str, config: Path) -> tuple[float, dict[str, Any]]:
    """Seconds of one run of ours, and what it said."""
    start = time.perf_counter()
    said = run("tests.bench.small", job, str(config), str(COUNT))
    return time.perf_counter() - start, json.loads(said)


def run(module: str, *arguments: str) -> str:
    """Run a module of ours as a process of its own; return what it prints."""
    return _run([sys.executable, "-m", module, *arguments])


def _run(command: list[str]) -> str:
    """Run to the end; its failure is ours."""
    environment = dict(os.environ)  # noqa: TID251  (the child's)
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout
