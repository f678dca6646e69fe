"""The planner of a branch and its pull request: from what should be and what is there, the fewest operations; pure.

It is asked in two halves, since a forge tells what its pull request says only once the branch was pushed:
:func:`on_branch` before git is touched, :func:`on_pull` with the pull request as it was just read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from builder.ports import Draft, label_edits


@dataclass(frozen=True, slots=True)
class Leave:
    """Touch nothing: people ``held`` the pull request, or the branch is somebody else's (``foreign``)."""

    why: Literal["held", "foreign"]


@dataclass(frozen=True, slots=True)
class Push:
    """Move the branch to ``commit`` if the remote's is still at ``expected`` (None: there is none)."""

    commit: str
    expected: str | None


@dataclass(frozen=True, slots=True)
class Open:
    """Open the pull request: one write, its labels are another's."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Write title, body and base: one write, whichever of them differ."""


@dataclass(frozen=True, slots=True)
class Label:
    """Put labels on."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unlabel:
    """Take labels off."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """Say ``text`` below it."""

    text: str


OnPull = Open | Edit | Label | Unlabel | Comment


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch as it is: where the remote's is (None: nowhere), whether we made that commit, whether people hold it."""

    remote: str | None
    ours: bool
    held: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What an open pull request says."""

    title: str
    body: str
    base: str
    labels: tuple[str, ...]


def on_branch(commit: str, there: Branch) -> Leave | Push | None:
    """Return what brings a branch to *commit*; None where it is there already."""
    if there.held:
        return Leave("held")
    if there.remote == commit:
        return None
    if there.remote is not None and not there.ours:
        return Leave("foreign")
    return Push(commit, there.remote)


def on_pull(draft: Draft, there: Facts | None, comment: str | None = None) -> Sequence[OnPull]:
    """Return what makes the open pull request say what *draft* does, in order; *there* is None where none is open.

    A *comment* is said last: the caller knows whether there is something to tell.
    """
    if there is None:
        return (Open(), *_labels((), draft))
    plan: list[OnPull] = []
    if (there.title, there.body, there.base) != (draft.title, draft.body, draft.base):
        plan.append(Edit())
    plan += _labels(there.labels, draft)
    if comment:
        plan.append(Comment(comment))
    return plan


def _labels(there: Sequence[str], draft: Draft) -> list[OnPull]:
    added, removed = label_edits(there, draft)
    return [*([Label(added)] if added else []), *([Unlabel(removed)] if removed else [])]
