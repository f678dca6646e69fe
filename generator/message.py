"""The words of a change: branch, title, commit message, labels.

Conventions: the branch is a stable key (``watcher/node/22``), a newer patch updates it; the title is
the commit's subject; the trailers are the truth that ``watcher recover`` reads, a pull request's
hidden block is a hint only. No ``Signed-off-by``: that certifies where a work comes from
(https://developercertificate.org), which a person can do and a program cannot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from generator.rows import Catalogue
from state.model import Artifact, Held, Release

MANAGED = ("import", "new-line", "security", "partial-release", "removes-images", "eol", "checksum-changed")
"""Labels that say how a change is now: one that no longer holds is taken off. Others are people's."""


@dataclass(frozen=True, slots=True)
class Step:
    """From what to what: ``line``, ``old`` and ``new`` as a pull request tells them.

    ``follows_up`` marks that the version stays and late platforms arrive.
    """

    source: str
    line: str | None
    old: str | None
    new: str | None
    releases: tuple[Release, ...]
    follows_up: tuple[str, ...] = ()

    @classmethod
    def of(cls, catalogue: Catalogue, source: str, line: str | None, releases: Sequence[Release]) -> Step:
        """Work out the step from what the catalogue records now."""
        if line is None:
            return cls(source, None, None, None, tuple(releases))
        recorded = catalogue.releases.get((source, line))
        new = releases[0]
        if recorded is None or recorded.version != new.version:
            return cls(source, line, str(recorded.version) if recorded else None, str(new.version), tuple(releases))
        arrived = [
            str(a.platform)
            for a in new.artifacts
            if a.version == new.version and not _same(recorded.artifact(a.platform), a)
        ]
        return cls(source, line, str(recorded.version), str(new.version), tuple(releases), tuple(arrived))

    @property
    def subject(self) -> str:
        """``node: 22.11.0 -> 22.11.1`` and its variations."""
        if self.line is None:
            return f"{self.source}: import {', '.join(r.line for r in self.releases)}"
        if self.old is None:
            return f"{self.source}: add {self.line} ({self.new})"
        if self.old == self.new:
            return f"{self.source}: {self.new} for {', '.join(self.follows_up) or 'corrected records'}"
        return f"{self.source}: {self.old} -> {self.new}"


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


def bring(step: Step, *, late: Sequence[Held], security: bool, removed: int) -> Words:
    """Name a change that brings releases."""
    labels = ["watcher", f"stack/{step.source}"]
    labels += [f"line/{step.line}"] if step.line else ["import"]
    if step.line and step.old is None:
        labels.append("new-line")
    labels += ["security"] if security and step.line else []
    labels += ["partial-release"] if late else []
    labels += ["removes-images"] if removed else []
    # An import brings security releases by its nature: there is nothing that it could be urgent against.
    title = step.subject + (" [SECURITY]" if security and step.line else "")
    key = f"{step.source}/{step.line or 'import'}"
    return Words(f"watcher/{key}", title, _commit(title, key, step.releases, whole=step.line is None), tuple(labels))


def retire(recorded: Release, ended: str) -> Words:
    """Name the change that removes a line at its end of life."""
    title = f"{recorded.source}: remove {recorded.line} (end of life {ended})"
    key = f"eol/{recorded.source}-{recorded.line}"
    labels = ("watcher", f"stack/{recorded.source}", f"line/{recorded.line}", "eol", "removes-images")
    trailers = f"Change-type: minor\nWatcher-Key: {key}\nWatcher-Release: {recorded.version}\n"
    text = f"{title}\n\nLast version {recorded.version}; dated tags stay.\n\n{trailers}"
    return Words(f"watcher/{key}", title, text, labels)


def refresh(count: int, removed: int) -> Words:
    """Name the change that brings generated files up to the catalogue and the templates."""
    title = f"render: {count} generated files brought up to date"
    labels = ("watcher", "render", *(["removes-images"] if removed else []))
    return Words("watcher/render/all", title, f"{title}\n\nChange-type: minor\nWatcher-Key: render/all\n", labels)


def _commit(title: str, key: str, releases: Sequence[Release], *, whole: bool) -> str:
    """The commit message: one line per artifact, then the trailers."""
    facts = [
        f"{a.version} {a.platform} {a.checksum} {a.verified}"
        for r in releases
        for a in sorted(r.artifacts, key=lambda a: a.platform)
    ]
    trailers = ["Change-type: " + ("minor" if whole else "patch"), f"Watcher-Key: {key}"]
    trailers += [
        f"Watcher-Release: {r.source} {r.line} {r.version}" if whole else f"Watcher-Release: {r.version}"
        for r in releases
    ]
    return "\n".join([title, "", *facts, "", *trailers, ""])
