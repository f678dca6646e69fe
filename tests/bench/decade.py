"""Ten years of releases in one images repository: how large it gets, and how many files one release touches.

Upstreams' own pace: about 150 releases a year, of which Node makes a third; now and then a line ends and the next one begins.
The commits are what the watcher would commit, written with git's fast-import, as its own are.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from generator import dockerfile, docs, matrix
from generator.catalogue import dump_release, release_path, with_release
from generator.plan import rendered
from generator.rows import Catalogue
from tests.bench import measure
from tests.generator import family, languages

COMMITS, A_YEAR = 1500, 150
_SHARES = {"node": 7, "golang": 4, "python": 3, "openjdk": 3, "dotnet": 3}
"""Of twenty releases so many are this stack's, as the recorded feeds of 2016 to 2026 have them."""

_FIRST = 1000
"""The last number of made-up versions begins above all that are recorded."""

_PATCHES = 25
"""After so many releases of a line that one ends and the next begins."""


@dataclass
class Decade:
    """The repository as it goes on: its catalogue, and the text of every file."""

    rows: Catalogue
    files: dict[str, str] = field(default_factory=dict)
    _made: dict[str, int] = field(default_factory=dict)

    def change(self, stack: str) -> dict[str, str | None]:
        """The next release of *stack*: path → text, None for what goes."""
        groups: dict[str, list[str]] = {}
        row = self.rows.stacks[stack]
        for release in self.rows.lines(row.source):
            groups.setdefault(release.line.removesuffix(f"-{row.flavour(release.line)}"), []).append(release.line)
        count = self._made[stack] = self._made.get(stack, _FIRST) + 1
        number = list(groups)[count % len(groups)]
        lines, gone = groups[number], list[str]()
        if count % (_PATCHES * len(groups)) == 0:
            oldest, newest = next(iter(groups)), next(reversed(groups))
            gone = groups[oldest]
            lines = [line.replace(newest, _next(newest)) for line in groups[newest]]
            number = _next(newest)
            kept = {key: old for key, old in self.rows.releases.items() if key not in {(row.source, g) for g in gone}}
            self.rows = replace(self.rows, releases=kept)
        after: dict[str, str | None] = {}
        for line in lines:
            after |= self._release(stack, line, number, count)
        if gone:
            after |= {path: None for path in self.files for line in gone if _belongs(path, stack, row.source, line)}
            after |= docs.docs(self.rows)
        changed = {path: text for path, text in after.items() if self.files.get(path) != text}
        for path, text in changed.items():
            if text is None:
                del self.files[path]
            else:
                self.files[path] = text
        return changed

    def _release(self, stack: str, line: str, number: str, count: int) -> dict[str, str]:
        version = f"{number}.0.{count}" if stack in ("node", "openjdk") else f"{number}.{count}"
        if stack == "node":
            made = family.release(self.rows, line, version, "" if int(number) % 4 else "Name")
        else:
            made = languages.release(self.rows, stack, line, version + ("+7" if stack == "openjdk" else ""))
        self.rows = with_release(self.rows, made)
        images = matrix.images_of(self.rows, stack, line)
        return {**dockerfile.files(self.rows, images), release_path(made.source, line): dump_release(made)}


def _next(number: str) -> str:
    """``24`` → ``26``, ``3.14`` → ``3.15``, ``10.0`` → ``11.0``."""
    first, dot, second = number.partition(".")
    if not dot:
        return str(int(first) + 2)
    return f"{int(first) + 1}.0" if second == "0" else f"{first}.{int(second) + 1}"


def _belongs(path: str, stack: str, source: str, line: str) -> bool:
    return path == release_path(source, line) or (
        path.startswith(f"balena-base-images/{stack}/") and path.split("/")[5] == line
    )


def main() -> None:
    """Measure."""
    rows = languages.spoken(family.family())
    decade = Decade(rows, rendered(rows))
    decade.files |= {release_path(*key): dump_release(release) for key, release in rows.releases.items()}
    sizes: dict[str, list[int]] = {}
    with tempfile.TemporaryDirectory(prefix="watcher-bench-") as name:
        folder = Path(name)
        measure.git(folder, "init", "-q", "--bare", "-b", "main")
        start = time.perf_counter()
        with subprocess.Popen(
            ["git", "fast-import", "--quiet", "--done"], cwd=folder, stdin=subprocess.PIPE
        ) as process:
            assert process.stdin
            _commit(process.stdin, decade.files, 0)
            for number, stack in zip(range(1, COMMITS + 1), _stacks(), strict=False):
                changed = decade.change(stack)
                if None not in changed.values():  # a line's end is another pull request
                    sizes.setdefault(stack, []).append(len(changed))
                _commit(process.stdin, changed, number)
            process.stdin.write(b"done\n")
        took = time.perf_counter() - start
        _print(folder, decade, sizes, took)


def _print(folder: Path, decade: Decade, sizes: Mapping[str, list[int]], took: float) -> None:
    size = sum(map(len, decade.files.values())) / 2**20
    left = measure.kib_of_objects(folder) / 1024
    measure.git(folder, "gc", "-q", "--prune=now")
    packed = measure.kib_of_objects(folder) / 1024
    what = f"{COMMITS:,} releases ({COMMITS // A_YEAR} years)"
    measure.line(what, f"{left:.1f} MiB", f"{packed:.1f} MiB after git gc", left / packed, "< 300 MiB")
    measure.line("the tree that this is the history of", f"{size:.1f} MiB", goal="")
    for stack, counts in sizes.items():
        measure.line(
            f"{stack}: files in one release, at most", str(max(counts)), f"{min(counts)} at least", goal="< 300"
        )
    print(f"  made in {took:.0f} s; {decade.rows.version('node', decade.rows.lines('node')[-1].line)} is the last Node")


def _stacks() -> Iterator[str]:
    """Yield stacks for ever, by their shares and well mixed."""
    due = dict.fromkeys(_SHARES, 0.0)
    while True:
        stack = min(due, key=lambda name: (due[name], name))
        due[stack] += 1 / _SHARES[stack]
        yield stack


def _commit(stream: IO[bytes], files: Mapping[str, str | None], number: int) -> None:
    """Write one commit into fast-import's stream."""
    stamp = 1_800_000_000 + number * 86_400 * 365 // A_YEAR
    stream.write(b"commit refs/heads/main\ncommitter b <b@localhost> %d +0000\ndata 2\nx\n" % stamp)
    for path, text in files.items():
        if text is None:
            stream.write(b"D %s\n" % path.encode())
        else:
            data = text.encode()
            stream.write(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
    stream.write(b"\n")


if __name__ == "__main__":
    main()
