"""What the rest of the watcher asks of a forge and of git: Protocols, their adapters beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, runtime_checkable

from state.model import Issue, PullRequest


@dataclass(frozen=True, slots=True)
class Draft:
    """What a pull request should say. ``base`` is the branch it merges into.

    ``labels`` are put on, ``without`` are taken off where they are (``partial-release``, once nothing is
    missing); every other label is somebody else's and stays. ``reviewers`` and ``teams`` are asked for a review when
    it is opened, and only then.
    """

    branch: str
    base: str
    title: str
    body: str
    labels: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    reviewers: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()


def label_edits(there: Iterable[str], draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the labels to put on and those to take off, and no others: a forge does not tell their case apart.

    One that is wanted is put on even if ``without`` names it too.
    """
    present = {label.casefold(): label for label in there}
    wanted = {label.casefold(): label for label in reversed(draft.labels)}
    unwanted = {label.casefold() for label in draft.without} - wanted.keys()
    added = [label for key, label in reversed(wanted.items()) if key not in present]
    return tuple(added), tuple(label for key, label in present.items() if key in unwanted)


def labels_after(there: Iterable[str], draft: Draft) -> tuple[str, ...]:
    """Return the labels that a pull request carries once *draft* is applied to those *there*."""
    present = tuple(dict.fromkeys(there))
    added, removed = label_edits(present, draft)
    return (*(label for label in present if label not in removed), *added)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit to be made on ``parent`` (a full object name): ``files`` maps path → text, None = removed.

    ``when`` is both dates: the same change made again after a crash is the same commit.
    """

    branch: str
    parent: str
    message: str
    files: Mapping[str, str | None]
    when: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """What a commit says of itself: the first line of its message, its committer's date (aware) and e-mail address."""

    subject: str
    when: datetime
    committer: str


Checks = Literal["green", "pending", "red", "none"]
"""What programs say of a commit: all well, not all done, one failed, none ran."""


class Forge(Protocol):
    """Where pull requests live. Every method is safe to repeat.

    :raises ForgeError: the forge refused, cannot be reached, or our token lacks a right
    """

    async def pulls(self, since: datetime | None = None) -> Sequence[PullRequest]:
        """Return our pull requests (branches ``watcher/…``), last touched first, whatever their standing.

        With *since* (aware) only those that were touched then or later. Their ``body`` may be empty: :meth:`pull`
        has it.
        """
        ...

    async def pull(self, number: int) -> PullRequest:
        """Return one with its body and labels; ForgeError if there is none of that number.

        ``merge_commit`` is set only once it is merged.
        """
        ...

    async def find(self, branch: str) -> PullRequest | None:
        """Return the open pull request of *branch*, or None."""
        ...

    async def open(self, draft: Draft) -> PullRequest:
        """Open a pull request, or return the one that is open for the branch already."""
        ...

    async def update(self, number: int, draft: Draft, comment: str | None = None) -> PullRequest:
        """Bring title, body and labels up to the draft; say *comment* if given. One that is decided stays as it is."""
        ...

    async def say(self, number: int, comment: str) -> None:
        """Say *comment* below a pull request, whatever its standing; not again if it was said there already."""
        ...

    async def close(self, number: int, comment: str | None = None) -> PullRequest:
        """Close without merging; a closed one stays as it is."""
        ...

    async def reopen(self, number: int) -> PullRequest:
        """Open a closed one again; an open one stays as it is, a merged one is a ForgeError."""
        ...

    async def checks(self, commit: str) -> Checks:
        """Return what the checks of *commit* say, a full object name."""
        ...

    async def merge(self, number: int) -> PullRequest:
        """Merge with a merge commit and delete the branch; MergeConflict if it does not merge cleanly.

        A merged one stays as it is.
        """
        ...


@runtime_checkable
class Limited(Protocol):
    """A forge that allows so many calls and no more."""

    @property
    def calls_left(self) -> int | None:
        """How many are left, None where that is not known."""
        ...


class Issues(Protocol):
    """Where the watcher asks people for something that no pull request can carry. Every method is safe to repeat.

    :raises ForgeError: the forge refused, cannot be reached, or our token lacks a right
    """

    async def raise_issue(self, title: str, body: str, labels: tuple[str, ...]) -> Issue:
        """Open an issue, or return the open one that has this title already."""
        ...

    async def rewrite(self, number: int, body: str) -> Issue:
        """Give an issue another text."""
        ...

    async def settle_issue(self, number: int, comment: str) -> Issue:
        """Say *comment* and close it; a closed one stays as it is."""
        ...


class Repository(Protocol):
    """The images repository through git, without a work tree: a bare clone of the remote.

    :raises GitError: git failed; credentials are removed from the message
    """

    async def fetch(self) -> None:
        """Bring the clone's view of the remote up to date, dropping branches that are gone."""
        ...

    async def head(self, branch: str) -> str | None:
        """Return the commit that *branch* of the remote was at when last fetched, or None."""
        ...

    async def tree(self, commit: str, prefix: str = "") -> Mapping[str, str]:
        """Return path → blob name of every file of *commit* below *prefix*."""
        ...

    async def read(self, commit: str, paths: Sequence[str]) -> Mapping[str, bytes]:
        """Return path → content; a path that *commit* does not have is left out."""
        ...

    async def commit(self, commit: Commit) -> str:
        """Make the commit in the clone with ``git fast-import`` and return its name."""
        ...

    async def push(self, branch: str, commit: str, expected: str | None) -> None:
        """Push *commit* to *branch* if the remote's is still at *expected* (None: absent).

        StaleLease if it is at another commit; whatever else keeps it from moving is a plain GitError.
        """
        ...

    async def diff(self, old: str, new: str, paths: Sequence[str] = ()) -> str:
        """Return the unified diff between two commits, limited to *paths* if given."""
        ...

    async def parents(self, commit: str) -> Sequence[str]:
        """Return the parents of *commit*: of a merge first what it was merged into."""
        ...

    async def merge_base(self, one: str, other: str) -> str:
        """Return the newest commit that both descend from; GitError if there is none."""
        ...

    async def contains(self, commit: str, branch: str) -> bool:
        """Whether *commit* is reachable from *branch* of the remote."""
        ...

    async def trailers(self, commit: str) -> Mapping[str, Sequence[str]]:
        """Return the trailers of a commit's message: key → values in order."""
        ...

    async def told(self, commit: str) -> Said:
        """Return what *commit* says of itself; GitError if there is none."""
        ...

    async def merges_cleanly(self, branch: str, into: str) -> bool:
        """Whether *branch* of the remote merges into *into* without a conflict."""
        ...
