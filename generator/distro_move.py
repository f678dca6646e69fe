"""What one pull request should bring of a distro, and the words for it: branch, title, commit message, labels.

As in :mod:`generator.message` the branch is a stable key: what is newer updates the open pull request.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from generator.message import Words
from generator.rows import Catalogue
from state.model import Arch, OsLine

What = Literal["record", "line", "version", "base", "packages", "devices", "end", "default"]

_NAMED = 3
"""How many packages a title names."""


@dataclass(frozen=True, slots=True)
class Move:
    """What should be brought: ``lines`` say the new state, of which only what the kind is about counts.

    ``record``: all of lines that were never recorded. ``line``: a new version of the distro, ``absent`` says why it
    lacks architectures. ``version``: point release and support. ``base``: digests. ``packages``: the snapshot, and
    whether that is ``security``. ``devices``: the states of device vendors' archives. ``end``: the line goes, ``default``: it becomes the distro's default.
    """

    source: str
    what: What
    lines: tuple[OsLine, ...]
    absent: Mapping[Arch, str] = field(default_factory=dict)
    security: bool = False

    @property
    def line(self) -> str | None:
        """The one line that it is about, None at a first record."""
        return None if self.what == "record" else self.lines[0].line

    @property
    def branch(self) -> str:
        """The branch without ``watcher/``: the change's key."""
        match self.what:
            case "record":
                return f"{self.source}/import"
            case "line" | "version":
                return f"{self.source}/{self.line}"
            case "default":
                return f"default/{self.source}"
            case "end":
                return f"eol/{self.source}-{self.line}"
            case _:
                return f"{self.what}/{self.source}-{self.line}"

    def told(self, line: OsLine) -> str | None:
        """The part of a line that this is about, as programs read it in ``old`` and ``new``."""
        if self.what == "packages":
            return line.pinned or None
        if self.what == "devices":
            return ", ".join(f"{name} {state.snapshot}" for name, state in sorted(line.archives.items())) or None
        if self.what == "base":
            return _base_id(line)
        return str(line.version) if line.version else None

    def ids(self) -> dict[str, str]:
        """Line → what a maintainer who closes the pull request refuses; a later state has another one."""
        return {line.line: self._id(line) for line in self.lines}

    def _id(self, line: OsLine) -> str:
        match self.what:
            case "base":
                return _base_id(line)
            case "packages":
                return _state_id("packages", line.packages.items()) if self.security else line.pinned
            case "devices":
                rows = (
                    (f"{name} {package}", v) for name, a in line.archives.items() for package, v in a.packages.items()
                )
                return _state_id("devices", rows)
            case "version":
                return f"{line.version}-{line.supported_until}"
            case _:
                return "default" if self.what == "default" else str(line.version or "rolling")


def _state_id(kind: str, packages: Iterable[tuple[str, str]]) -> str:
    """One word for versions of packages."""
    return f"{kind}-{hashlib.sha256(repr(sorted(packages)).encode()).hexdigest()[:12]}"


def _base_id(line: OsLine) -> str:
    """One word for all digests of a line."""
    digests = "".join(f"{b.arch}{b.reference}{b.digest}" for b in sorted(line.bases, key=lambda base: base.arch))
    return f"base-{hashlib.sha256(digests.encode()).hexdigest()[:12]}"


def merged(recorded: OsLine | None, new: OsLine, what: What) -> OsLine | None:
    """Return what is to be recorded; None where the line is not recorded (any more) that only a part is brought of."""
    if what in ("record", "line"):
        return new
    if recorded is None:
        return None
    if what == "base":
        return replace(recorded, bases=new.bases)
    if what == "packages":
        updates = new.updates or recorded.updates
        return replace(recorded, snapshot=new.snapshot, taken=new.taken, packages=new.packages, updates=updates)
    if what == "devices":
        return replace(recorded, archives={**recorded.archives, **new.archives})
    return replace(
        recorded,
        version=new.version,
        published=new.published,
        lts=new.lts,
        supported_from=new.supported_from,
        supported_until=new.supported_until,
    )


def fixes(recorded: OsLine | None, new: OsLine) -> list[str]:
    """Return what moved among packages, in words: ``openssl 3.0.14-1 -> 3.0.15-1``."""
    return _moved(recorded.packages if recorded else {}, new.packages)


def updates(recorded: OsLine | None, new: OsLine) -> list[str]:
    """Return the same of the archive of updates that fix no vulnerability."""
    was = recorded.updates.packages if recorded and recorded.updates else {}
    return _moved(was, new.updates.packages) if new.updates else []


def vendor_fixes(recorded: OsLine | None, new: OsLine) -> dict[str, list[str]]:
    """Return the same of each vendor's archive, by its name."""
    was = recorded.archives if recorded else {}
    return {
        name: _moved(was[name].packages if name in was else {}, state.packages)
        for name, state in sorted(new.archives.items())
    }


def _moved(was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    return [
        f"{name} {was[name]} -> {version}" if name in was else f"{name} {version}"
        for name, version in sorted(now.items())
        if was.get(name) != version
    ]


def words(catalogue: Catalogue, move: Move, removed: int) -> Words:
    """Name a change; *removed* is how many Dockerfiles it removes."""
    title = _title(catalogue, move) + (" [SECURITY]" if move.security else "")
    labels = ["watcher", f"distro/{move.source}", *([f"line/{move.line}"] if move.line else []), *_LABELS[move.what]]
    labels += ["security"] if move.security else []
    labels += ["removes-images"] if removed and "removes-images" not in labels else []
    return Words(f"watcher/{move.branch}", title, _commit(title, catalogue, move), tuple(labels))


_LABELS: Mapping[What, tuple[str, ...]] = {
    "record": ("import",),
    "line": ("new-line",),
    "version": (),
    "base": ("base-image",),
    "packages": ("packages",),
    "devices": ("packages", "devices"),
    "end": ("eol", "removes-images"),
    "default": ("default-moved",),
}


def _title(catalogue: Catalogue, move: Move) -> str:
    source, new = move.source, move.lines[0]
    old = catalogue.os_lines.get((source, new.line))
    titles: Mapping[What, str] = {
        "record": f"record {', '.join(line.line for line in move.lines)}",
        "line": f"add {new.line} ({new.version})",
        "version": _step(old, new),
        "base": f"new base images of {new.line}",
        "packages": _packages(fixes(old, new), new.line, security=move.security),
        "devices": f"device packages of {new.line} ({', '.join(sorted(new.archives))})",
        "end": f"remove {new.line} (end of life {new.supported_until})",
        "default": f"default {catalogue.distros[source].default} -> {new.line}",
    }
    return f"{source}: {titles[move.what]}"


def _packages(moved: Sequence[str], line: str, *, security: bool) -> str:
    """Name the first packages that moved, or what a weekly update is."""
    if not security or not moved:
        return f"package updates of {line}"
    more = f" and {len(moved) - _NAMED} more" if len(moved) > _NAMED else ""
    return f"{line}: {', '.join(moved[:_NAMED])}{more}"


def _step(old: OsLine | None, new: OsLine) -> str:
    """``trixie 13.1 -> 13.2``, or how its support moves."""
    if old is None or old.version != new.version:
        return f"{new.line} {old.version if old else 'unknown'} -> {new.version}"
    return f"{new.line} is supported until {new.supported_until} (was {old.supported_until})"


def _commit(title: str, catalogue: Catalogue, move: Move) -> str:
    """The commit message: one line per fact, then the trailers."""
    facts = []
    for line in move.lines:
        recorded = catalogue.os_lines.get((move.source, line.line))
        if move.what in ("record", "line", "base"):
            facts += [f"{b.reference} {b.arch} {b.digest or 'not seen'}" for b in line.bases]
        if move.what == "packages":
            facts += [f"Snapshot {line.pinned}", *fixes(recorded, line), *updates(recorded, line)]
        if move.what == "devices":
            facts += [fact for moved in vendor_fixes(recorded, line).values() for fact in moved]
    kind = "patch" if move.what in ("version", "base", "packages", "devices") else "minor"
    trailers = [f"Change-type: {kind}", f"Watcher-Key: {move.branch}"]
    trailers += [f"Watcher-Release: {move.source} {line} {name}" for line, name in move.ids().items()]
    return "\n".join([title, "", *([*facts, ""] if facts else []), *trailers, ""])
