"""What is proposed to the images repository, and what became of it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Standing = Literal["open", "merged", "closed"]

_PART = r"[0-9A-Za-z_-](?:[0-9A-Za-z._-]*[0-9A-Za-z_-])?(?<!\.lock)"
_REF = re.compile(rf"watcher/(?=[0-9a-z]){_PART}(?:/{_PART})*")
"""https://git-scm.com/docs/git-check-ref-format, and narrower."""
_LONGEST = 128


def key_of(files: Mapping[str, str | None]) -> str:
    """A digest of *files* (path → text, None for a removal): equal keys, equal changes."""
    digest = hashlib.sha256()
    for path, text in sorted(files.items()):
        body = b"\0" if text is None else text.encode()
        digest.update(f"{path}\0{len(body)}\0".encode() + body)
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Change:
    """One commit, and the pull request around it.

    ``files`` maps a path in the images repository to its new text, None where it is removed.
    ``line``, ``old`` and ``new`` are None where the change is about a whole source (an import) or
    has no such side (a line that ends has no ``new``). ``lines`` maps every line to its new version.
    """

    source: str
    line: str | None
    old: str | None
    new: str | None
    lines: Mapping[str, str]
    branch: str
    title: str
    message: str
    labels: tuple[str, ...]
    files: Mapping[str, str | None] = field(repr=False)

    def __post_init__(self) -> None:
        """Refuse a branch that is not one of ours."""
        if not _REF.fullmatch(self.branch) or ".." in self.branch or len(self.branch) > _LONGEST:
            raise ValueError(f"not a branch of the watcher: {self.branch!r}")

    @property
    def key(self) -> str:
        """Digest of the files: the change's identity."""
        return key_of(self.files)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request as the forge tells it.

    ``head`` is the commit at the tip of its branch, ``merge_commit`` the one that brought it to
    the default branch. Both are full object names.
    """

    number: int
    branch: str
    title: str
    url: str
    standing: Standing
    head: str
    merge_commit: str | None = None
    body: str = ""
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as the forge tells it."""

    number: int
    title: str
    url: str
    open: bool
    labels: tuple[str, ...] = ()
    body: str = ""
