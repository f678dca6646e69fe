"""The words of a change: branch, title, commit message, labels.

Conventions: the branch is a stable key (``watcher/node/22``), a newer patch updates it; the title is
the commit's subject; the trailers are the truth that ``watcher recover`` reads, a pull request's
hidden block is a hint only. No ``Signed-off-by`` but by setting: it certifies where a work comes from
(https://developercertificate.org), which a person can do and a program cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from generator import guard
from generator.rows import Catalogue
from state.model import Artifact, Release

WITHDRAWN = "withdrawn"
"""Label of a pull request that the watcher closed itself: no maintainer decided on its version."""

DOWNGRADE = "downgrade"
"""Label of a pull request that takes a release back."""

MANAGED = (
    WITHDRAWN,
    "import",
    "new-line",
    "security",
    "partial-release",
    "eol",
    "checksum-changed",
    DOWNGRADE,
    *guard.LABELS,
)
"""Labels that say how a change is now: one that no longer holds is taken off. Others are people's."""


@dataclass(frozen=True, slots=True)
class Step:
    """From what to what: ``line``, ``old`` and ``new`` as a pull request tells them; of a release set its first's.

    ``moves`` says of each release how it moves: ``22.11.0 -> 22.11.1``, or which late platforms arrive.
    """

    source: str
    line: str | None
    old: str | None
    new: str | None
    releases: tuple[Release, ...]
    moves: tuple[str, ...] = ()

    @classmethod
    def of(cls, catalogue: Catalogue, source: str, line: str | None, releases: Sequence[Release]) -> Step:
        """Work out the step from what the catalogue records now."""
        if line is None:
            return cls(source, None, None, None, tuple(releases))
        recorded = [catalogue.releases.get((source, release.line)) for release in releases]
        old = next((str(was.version) for was in recorded if was), None)
        moves = tuple(_move(was, now) for was, now in zip(recorded, releases, strict=True))
        return cls(source, line, old, str(releases[0].version), tuple(releases), moves)

    @property
    def subject(self) -> str:
        """``node: 22.11.0 -> 22.11.1`` and its variations."""
        if self.line is None:
            return f"{self.source}: import {', '.join(r.line for r in self.releases)}"
        if [r.line for r in self.releases] != [self.line]:
            return f"{self.source}: {'' if self.old else f'add {self.line}: '}{self._set()}"
        if self.old is None:
            return f"{self.source}: add {self.line} ({self.new})"
        return f"{self.source}: {self.moves[0]}"

    def _set(self) -> str:
        """How a release set moves: flavours that move alike are told together."""
        alike: dict[str, list[str]] = {}
        for release, move in zip(self.releases, self.moves, strict=True):
            alike.setdefault(move, []).append(release.line.removeprefix(f"{self.line}-"))
        return ", ".join(f"{move} ({', '.join(flavours)})" for move, flavours in alike.items())


def _move(recorded: Release | None, new: Release) -> str:
    """Say how one release moves from what is recorded."""
    if recorded is None:
        return str(new.version)
    if recorded.version != new.version:
        return f"{recorded.version} -> {new.version}"
    arrived = [
        str(a.platform)
        for a in new.artifacts
        if a.version == new.version and not _same(recorded.artifact(a.platform), a)
    ]
    return f"{new.version} for {', '.join(arrived) or 'corrected records'}"


def _same(was: Artifact | None, now: Artifact) -> bool:
    """Whether a platform's file is the one that is recorded; its size and how it was verified are no matter."""
    return was is not None and (was.url, was.checksum) == (now.url, now.checksum)


@dataclass(frozen=True, slots=True)
class Words:
    """What a change is called."""

    branch: str
    title: str
    commit: str
    labels: tuple[str, ...]


def bring(step: Step, *, partial: bool, security: bool, removed: int) -> Words:
    """Name a change that brings releases."""
    labels = ["watcher", f"stack/{step.source}"]
    labels += [f"line/{step.line}"] if step.line else ["import"]
    if step.line and step.old is None:
        labels.append("new-line")
    labels += ["security"] if security and step.line else []
    labels += ["partial-release"] if partial else []
    labels += ["removes-images"] if removed else []
    # An import brings security releases by its nature: there is nothing that it could be urgent against.
    title = step.subject + (" [SECURITY]" if security and step.line else "")
    key = f"{step.source}/{step.line or 'import'}"
    return Words(f"watcher/{key}", title, _commit(title, key, step), tuple(labels))


def take_back(words: Words, version: str, reason: str) -> Words:
    """Say that what these *words* name takes *version* back; a trailer of the commit keeps the *reason*, too."""
    title = f"{words.title} (takes {version} back)"
    said = "".join(letter for letter in " ".join(reason.split()) if letter.isprintable())
    commit = words.commit.replace(words.title, title, 1) + f"Watcher-Yanked: {version} {said}\n"
    return replace(words, title=title, commit=commit, labels=(*words.labels, DOWNGRADE))


def retire(step: Step, ended: str) -> Words:
    """Name the change that removes a line, or a release set's lines, at their end of life."""
    title = f"{step.source}: remove {step.line} (end of life {ended})"
    key = f"eol/{step.source}-{step.line}"
    labels = ("watcher", f"stack/{step.source}", f"line/{step.line}", "eol", "removes-images")
    trailers = "".join(f"{trailer}\n" for trailer in ("Change-type: minor", f"Watcher-Key: {key}", *_released(step)))
    last = ", ".join(str(release.version) for release in step.releases)
    text = f"{title}\n\nLast version {last}; dated tags stay.\n\n{trailers}"
    return Words(f"watcher/{key}", title, text, labels)


def refresh(count: int, removed: int) -> Words:
    """Name the change that brings generated files up to the catalogue and the templates."""
    title = f"render: {count} generated files brought up to date"
    labels = ("watcher", "render", *(["removes-images"] if removed else []))
    return Words("watcher/render/all", title, f"{title}\n\nChange-type: minor\nWatcher-Key: render/all\n", labels)


def _commit(title: str, key: str, step: Step) -> str:
    """The commit message: one line per artifact, then the trailers."""
    facts = [
        f"{a.version} {a.platform} {a.checksum} {a.verified}"
        for r in step.releases
        for a in sorted(r.artifacts, key=lambda a: a.platform)
    ]
    trailers = ["Change-type: " + ("patch" if step.line else "minor"), f"Watcher-Key: {key}", *_released(step)]
    return "\n".join([title, "", *facts, "", *trailers, ""])


def _released(step: Step) -> list[str]:
    """The trailers that name the releases: their line too where the key does not tell it."""
    whole = [r.line for r in step.releases] != [step.line]
    return [
        f"Watcher-Release: {r.source} {r.line} {r.version}" if whole else f"Watcher-Release: {r.version}"
        for r in step.releases
    ]
