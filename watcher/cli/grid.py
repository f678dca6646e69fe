"""A release's files as people read them: architectures by C libraries, and below it what the letters mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from string import ascii_lowercase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from state.model import Artifact, Held, Release

_AWAITED = "awaited"
_NONE = "-"


def grid(release: Release, held: Sequence[Held]) -> Iterator[str]:
    """Yield the lines: per platform the letter of where its file is from (with its version, if that is an older one).

    *held* is what waits of this version; a release of which no file was looked up has no grid.
    """
    files = {(a.arch.value, a.libc): a for a in release.artifacts}
    awaited = {(h.arch.value, h.libc) for h in held if h.arch and h.libc}
    origins = list(dict.fromkeys(_origin(a) for a in release.artifacts))
    libcs = sorted({libc for _, libc in (*files, *awaited)})
    if libcs:
        yield "".join(f"{word:<12}" for word in ("", *libcs)).rstrip()
    for arch in sorted({arch for arch, _ in (*files, *awaited)}):
        cells = (_cell(release, files.get((arch, c)), origins, waits=(arch, c) in awaited) for c in libcs)
        yield "".join(f"{word:<12}" for word in (arch, *cells)).rstrip()
    for letter, origin in zip(ascii_lowercase, origins, strict=False):
        yield f"{letter}  {origin}"
    for h in held:
        where = f"{h.arch}/{h.libc}" if h.arch else "the release"
        yield f"{_AWAITED} since {h.since:%Y-%m-%d %H:%M}  {where}: {h.reason}"


def _cell(release: Release, file: Artifact | None, origins: Sequence[str], *, waits: bool) -> str:
    if file is None:
        return _AWAITED if waits else _NONE
    letter = ascii_lowercase[origins.index(_origin(file))]
    return letter if file.version == release.version else f"{letter} {file.version}"


def _origin(file: Artifact) -> str:
    """Where a file is from, and how its digest was verified."""
    return f"{urlsplit(file.url).hostname}: {file.verified}"
