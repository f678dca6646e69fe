"""The daemon as a process: its start, what it costs while nothing happens, webhooks under load, a release's way.

``python -m tests.bench run``. Under load means open loop: a request is timed from when it was due, not from when its
turn came.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from sources import SOURCES
from tests.bench import feeds
from tests.bench.measure import line, once
from tests.github.hooks import signature
from tests.running import Running, running, running_at, settings
from tests.upstream import Upstream
from tests.upstream.eleven import NOW, lay_out_all
from tests.world import NEWER, World
from watcher import workspace
from watcher.app import App
from watcher.config import load
from watcher.sync import sync
from watcher.wiring import wired

SECRET = "it's a secret to everybody"
IDLE, RATE, SECONDS, LANES, BODY = 120, 200, 10, 20, 4096
_IMPORTS = "import watcher.daemon"
_TICKS = 100  # of /proc/PID/stat in a second


def main() -> None:
    """Measure all."""
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        lay_out_all(folder / "eleven", folder / "ws" / "var" / "keys")
        with feeds.served(folder / "eleven", latency=0) as mirrors:
            config = _workspace(folder, mirrors)
            _start(folder, config)
            with running_at(folder, config, environment={"WATCHER_GITHUB__WEBHOOK_SECRET": SECRET}) as daemon:
                _idle(daemon)
                asyncio.run(_webhooks(daemon))
    _visible(pushed=False)
    _visible(pushed=True)


def _workspace(folder: Path, mirrors: Mapping[str, str]) -> Path:
    """Every source, once a minute, in a world in which nothing is awaited: releases with files that it lacks are ignored."""
    workspace.make(folder / "ws", [], NOW)
    table = "".join(f'"{official}" = "{mirror}"\n' for official, mirror in mirrors.items())
    paces = "".join(f'[sources.{n}]\nfastest = "1m"\ninterval = "1m"\nslowest = "1m"\n' for n in SOURCES)
    config = folder / "ws" / "watcher.toml"
    text = (
        f'[web]\nlisten = "127.0.0.1:0"\n[registries]\npin = false\n[publish]\nmode = "observe"\n'
        f'[github]\nrepository = "owner/images"\n{paces}[mirrors]\n{table}'
    )
    config.write_text(text)
    ignored: dict[str, set[str]] = {}
    while awaited := asyncio.run(_awaited(config)):  # in place of what is ignored an older one may be wanted
        for name, version in awaited:
            ignored.setdefault(name, set()).add(version)
        rows = {f"[sources.{n}]\n": f"[sources.{n}]\nignore = {json.dumps(sorted(v))}\n" for n, v in ignored.items()}
        config.write_text("".join(rows.get(row, row) for row in text.splitlines(keepends=True)))
    return config


async def _awaited(config: Path) -> set[tuple[str, str]]:
    """Poll every source twice, the second time with its files compared; return the versions that wait, with their source."""
    async with wired(load(config)) as app:
        for _ in range(2):
            await sync(app, list(app.sources))
            await app.comparer.rest()
        return {(held.source, held.version) for held in app.store.holds()}


def _start(folder: Path, config: Path) -> None:
    """From nothing to an answer; the second start, on a database that is there."""
    taken = []
    # As installed: with bytecode that was compiled before, which the first start does.
    compiled = {"PYTHONPYCACHEPREFIX": str(folder / "pyc"), "PYTHONDONTWRITEBYTECODE": ""}
    for _ in range(4):
        begun = time.perf_counter()
        with running_at(folder, config, environment=compiled) as daemon:
            daemon.ask("/healthz")
            taken.append(time.perf_counter() - begun)
    bare = statistics.median(
        once(lambda: subprocess.run([sys.executable, "-c", _IMPORTS], check=True, env=compiled)) for _ in range(3)
    )
    found = statistics.median(taken[1:])
    line("start: process to /healthz", f"{found:.2f} s", f"{bare:.2f} s imports", found / bare, "< 2 s")


def _idle(daemon: Running) -> None:
    """Memory, and CPU with that of children, while every source is polled each minute and nothing is new."""
    time.sleep(75)
    status = daemon.json("/api/v1/status")
    polled = [name for name, each in status["sources"].items() if each["last_success"] and not each["failing_since"]]
    assert len(polled) == len(SOURCES), polled
    assert not status["held"], status["held"]
    before = _cpu(daemon.process.pid)
    time.sleep(IDLE)
    used = _cpu(daemon.process.pid) - before
    memory, share = _rss(daemon.process.pid), 100 * used / IDLE
    goals = f"< 120 MiB: {_verdict(memory < 120)}", f"< 0.5 % of a core: {_verdict(share < 0.5)}"
    line("idle daemon, memory", f"{memory:.0f} MiB", f"{_bare():.0f} MiB imports", goal=goals[0])
    line(f"idle daemon, CPU over {IDLE} s", f"{share:.2f} %", goal=goals[1])
    print(f"  {len(polled)} sources polled each minute")


def _verdict(met: bool) -> str:  # noqa: FBT001  (of a goal)
    return "met" if met else "MISSED"


def _cpu(pid: int) -> float:
    """Seconds of CPU, with those of children that ended."""
    said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(said[n]) for n in (11, 12, 13, 14)) / _TICKS


def _rss(pid: int) -> float:
    """MiB in memory."""
    (row,) = (row for row in Path(f"/proc/{pid}/status").read_text().splitlines() if row.startswith("VmRSS:"))
    return int(row.split()[1]) / 1024


def _bare() -> float:
    """MiB of a process that has imported the same and done nothing."""
    code = "import watcher.daemon, re; print(re.search(r'VmRSS:\\s+(\\d+)', open('/proc/self/status').read())[1])"
    return int(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True).stdout) / 1024


async def _webhooks(daemon: Running) -> None:
    """Signed deliveries of 4 KiB at a rate, beside a bare answer of the same server at the same rate."""
    host = daemon.url.removeprefix("http://")
    bare = f"GET /healthz HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
    floor = await _open_loop(host, [bare] * (RATE * SECONDS))
    told = await _open_loop(host, [_delivery(host, number) for number in range(RATE * SECONDS)])
    for what, percent in (("median", 50), ("p99", 99)):
        of, at = _percentile(told, percent), _percentile(floor, percent)
        goal = "< 50 ms" if percent == 99 else ""
        line(f"webhook at {RATE}/s, 4 KiB, {what}", f"{of * 1e3:.1f} ms", f"{at * 1e3:.1f} ms /healthz", of / at, goal)


def _delivery(host: str, number: int) -> bytes:
    said = {
        "action": "synchronize",
        "repository": {"full_name": "owner/images"},
        "pull_request": {"head": {"ref": "watcher/x"}},
    }
    text = json.dumps(said)
    body = f'{text[:-1]}, "padding": "{"x" * (BODY - len(text) - 15)}"}}'.encode()
    return (
        f"POST /webhooks/github HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"X-GitHub-Event: pull_request\r\nX-GitHub-Delivery: bench-{number}\r\n"
        f"X-Hub-Signature-256: {signature(SECRET, body)}\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode() + body


async def _open_loop(host: str, requests: list[bytes]) -> list[float]:
    """Seconds of each request, sent at the rate whether or not the ones before are answered."""
    name, _, port = host.partition(":")
    loop = asyncio.get_running_loop()
    begun = loop.time() + 0.2

    async def lane(first: int) -> list[float]:
        reader, writer = await asyncio.open_connection(name, int(port))
        taken = []
        for number in range(first, len(requests), LANES):
            due = begun + number / RATE
            await asyncio.sleep(max(0.0, due - loop.time()))
            writer.write(requests[number])
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith((b"HTTP/1.1 202", b"HTTP/1.1 200")), head
            length = next(
                int(row.split(b":")[1]) for row in head.lower().split(b"\r\n") if row.startswith(b"content-length")
            )
            await reader.readexactly(length)
            taken.append(loop.time() - due)
        writer.close()
        return taken

    return [each for found in await asyncio.gather(*map(lane, range(LANES))) for each in found]


def _percentile(taken: Iterable[float], percent: int) -> float:
    ordered = sorted(taken)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def _visible(*, pushed: bool) -> None:
    """From a release in the feed to its open pull request on GitHub: by polling each minute, or because a mirror tells."""
    interval, slack = 60, 3
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        (folder / "served").mkdir()
        with Upstream(folder / "served") as upstream:
            world = World.make(folder, upstream)
            world.only("22.11.0")
            pace = '[sources.node]\nfastest = "1m"\ninterval = "1m"\nslowest = "1m"\n[daemon]\nlook_every_seconds = 1'
            with world.on_github():
                settings(world, f"{pace}\n{world.extra}")
                with running(world, environment={"WATCHER_WEB__HOOK_SECRET": SECRET}) as daemon:
                    daemon.says("PullRequestOpened #1")
                    world.run(_merge)
                    daemon.says("BuildPlanned #1")
                    world.publish(NEWER)
                    world.only("22.23.2", "22.11.0")
                    begun = time.perf_counter()
                    if pushed:
                        daemon.ask("/hooks/poll/node", b"", {"Authorization": f"Bearer {SECRET}"})
                    daemon.says(r"PullRequestOpened #\d+ node: 22.11.0 -> 22.23.2", seconds=interval + 60)
                    taken = time.perf_counter() - begun
    met = _verdict(taken <= interval + slack)
    goal = "" if pushed else f"<= {interval} s + {slack} s: {met}"
    way = "a mirror tells of it" if pushed else "polled each minute"
    line(f"release visible to pull request open, {way}", f"{taken:.1f} s", goal=goal)


async def _merge(app: App) -> None:
    await app.forge.merge(1)
