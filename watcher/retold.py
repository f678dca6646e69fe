"""What a commit of ours says of its change: its trailers and the catalogues before and after it, read back as values.

``watcher recover`` reads them: unlike a pull request's title and body, nobody edits a commit.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from generator.distro_move import Move, What
from generator.distro_plan import sides
from generator.message import Step
from generator.rows import Catalogue
from state.events import DistroMoved, Event, ReleaseSeen, ReleaseYanked, RenderAsked, SupportEnded
from state.model import OsLine, Release, Version

_ENDED = re.compile(r"\(end of life ([0-9]{4}-[0-9]{2}-[0-9]{2})\)")
_PARTS: dict[str, What] = {
    "base": "base",
    "packages": "packages",
    "devices": "devices",
    "eol": "end",
    "default": "default",
}


@dataclass(frozen=True, slots=True)
class Told:
    """A commit of ours: ``key`` and ``released`` are its trailers, ``subject`` and ``when`` its own, with both catalogues.

    ``source`` is the one that it is about: see :func:`source_of`. ``yanked`` is the version that it takes back, "" as a
    rule, for that ``reason``.
    """

    source: str
    key: str
    released: Sequence[str]
    subject: str
    when: datetime
    before: Catalogue
    after: Catalogue
    yanked: str = ""
    reason: str = ""

    @property
    def line(self) -> str | None:
        """The line that it is about, None at an import and where everything was rendered anew."""
        kind, _, rest = self.key.partition("/")
        if rest in ("import", "all"):
            return None
        if kind == "default":
            return next(iter(self._named()), None)
        return rest if kind == self.source else rest.removeprefix(f"{self.source}-")

    @property
    def lines(self) -> dict[str, str]:
        """Line → the version that it brings, or what else a maintainer decides on; empty where a stack's line goes."""
        gone = self.key.startswith("eol/") and not self._of_a_distro
        return {} if gone else self._named()

    @property
    def event(self) -> Event | None:
        """The event that asked for it, as far as it can be told; None where nothing of it is recorded."""
        if self.source == "render":
            return RenderAsked()
        if self._of_a_distro:
            move = self._move()
            return DistroMoved(move.source, move.what, move.lines, security=move.security) if move else None
        ended, named = _ENDED.search(self.subject), self._named()
        if ended and self.line:
            return SupportEnded(self.source, self.line, next(reversed(named.values()), ""), ended[1])
        if self.yanked and self.line:
            return ReleaseYanked(self.source, self.line, self.yanked, self.reason, self.releases)
        return ReleaseSeen(self.source, self.line, self.releases) if self.releases else None

    @property
    def releases(self) -> tuple[Release, ...]:
        """The releases that it brings, with the files that it records of them."""
        return tuple(r for line in self.lines if (r := self.after.releases.get((self.source, line))))

    @property
    def sides(self) -> tuple[str | None, str | None]:
        """From what to what, as programs read it."""
        if self._of_a_distro:
            move = self._move()
            return sides(self.before, move) if move else (None, None)
        if self.key.startswith("eol/"):
            return next(reversed(self._named().values()), None), None
        if not self.releases:
            return None, None
        step = Step.of(self.before, self.source, self.line, self.releases)
        return step.old, step.new

    @property
    def _of_a_distro(self) -> bool:
        return self.source in self.before.distros

    def _named(self) -> dict[str, str]:
        """Line → version of the trailers: ``node 22 22.11.1``, or the version alone where the key tells the rest."""
        found = {}
        for words in (released.split() for released in self.released):
            if len(words) == len(("source", "line", "version")):
                found[words[1]] = words[2]
            elif len(words) == 1 and self.line:
                found[self.line] = words[0]
        return found

    def _move(self) -> Move | None:
        what = self._what()
        side = self.before if what in ("end", "default") else self.after
        lines = [side.os_lines.get((self.source, line), OsLine(self.source, line)) for line in self._named()]
        ended = _ENDED.search(self.subject)
        if what == "end" and ended and not any(line.version for line in lines):
            lines = [OsLine(self.source, line, version=_version(name)) for line, name in self._named().items()]
        return Move(self.source, what, tuple(lines), security=self.subject.endswith("[SECURITY]")) if lines else None

    def _what(self) -> What:
        kind, _, rest = self.key.partition("/")
        if kind in _PARTS:
            return _PARTS[kind]
        if rest == "import":
            return "record"
        return "version" if self.before.distros[self.source].line(rest) else "line"


def source_of(key: str, known: Collection[str]) -> str | None:
    """Return the source that a change's key (``node/22``, ``eol/node-20``, ``default/debian``) is about; None if none is."""
    kind, _, rest = key.partition("/")
    if kind == "render" or kind in known:
        return kind
    of = [name for name in known if rest == name or rest.startswith(f"{name}-")]
    return max(of, key=len) if kind in _PARTS and of else None


def _version(name: str) -> Version | None:
    try:
        return Version(name)
    except ValueError:
        return None
