"""Versions: parsed once at the edge, then ordered as their own ecosystem orders them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import total_ordering

_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_SEMVER = re.compile(rf"({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?")
"""https://semver.org/ without build metadata, which no upstream here uses. Numbers are bounded."""

_MAX = 64


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """A semantic version. Only a text that is one can be constructed: ValueError otherwise.

    So a version may be put in a path, a git ref or a tag: it holds digits, letters, dots and
    dashes only.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse what is not a version: the text comes from outside."""
        if len(self.text) > _MAX or not _SEMVER.fullmatch(self.text):
            raise ValueError(f"not a version: {self.text[:_MAX]!r}")

    def __str__(self) -> str:
        """The text as upstream writes it, without a leading v."""
        return self.text

    @property
    def key(self) -> tuple[object, ...]:
        """Sort key by https://semver.org/#spec-item-11: a pre-release is below its release."""
        match = _SEMVER.fullmatch(self.text)
        assert match  # __post_init__ saw to it  # noqa: S101
        numbers = tuple(int(part) for part in match.group(1, 2, 3))
        pre = match.group(4)
        if pre is None:
            return (*numbers, 1, ())
        # Numeric identifiers are below words, and compared as numbers.
        words = tuple((0, int(w), "") if w.isdigit() else (1, 0, w) for w in pre.split("."))
        return (*numbers, 0, words)

    @property
    def is_prerelease(self) -> bool:
        """Whether it carries a pre-release part, ``-rc.1``."""
        return "-" in self.text

    def __lt__(self, other: Version) -> bool:
        """Order by the ecosystem's rule."""
        return self.key < other.key

    def prefixes(self) -> list[str]:
        """What may stand for it, longest first: 22.11.1, 22.11, 22; a pre-release only itself."""
        if self.is_prerelease:
            return [self.text]
        parts = self.text.split(".")
        return [".".join(parts[:n]) for n in range(len(parts), 0, -1)]
