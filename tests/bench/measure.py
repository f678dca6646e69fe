"""What the benchmarks share: rounds, the machine's floor, and how a line of result looks."""

from __future__ import annotations

import statistics
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROUNDS = 5


def median(job: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Seconds of *job*: the median over some rounds."""
    return statistics.median(once(job) for _ in range(rounds))


def once(job: Callable[[], object]) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def least(*jobs: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    """Seconds of each of *jobs*, the least over some rounds: all have their turn in each, so what else runs meets all."""
    found = [[once(job) for job in jobs] for _ in range(rounds)]
    return [min(column) for column in zip(*found, strict=True)]


def line(what: str, figure: str, floor: str = "", ratio: float | None = None, goal: str = "") -> None:
    """Print one result."""
    beside = f"  | floor {floor}" if floor else ""
    times = f"  | {ratio:.2f} x" if ratio is not None else ""
    print(f"{what:<52} {figure:>12}{beside}{times}" + (f"  | goal {goal}" if goal else ""), flush=True)


def write_fresh(folder: Path, files: Mapping[str, str]) -> None:
    """Write *files* into an empty folder: mkdir and write, nothing else."""
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


def git(folder: Path, *arguments: str, data: bytes | None = None) -> bytes:
    """Run bare git."""
    identity = ["-c", "user.name=b", "-c", "user.email=b@localhost", "-c", "gc.auto=0"]
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, input=data, check=True, capture_output=True)
    return done.stdout


def kib_of_objects(repository: Path) -> int:
    """KiB of all objects, packed and loose, as git counts them."""
    counts = dict(row.split(": ") for row in git(repository, "count-objects", "-v").decode().splitlines())
    return int(counts["size"]) + int(counts["size-pack"])
