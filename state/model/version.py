"""Versions: parsed once at the edge, and ordered as their ecosystems order them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache, total_ordering

_NUMBER = r"(?:0|[1-9][0-9]{0,8})"
_VERSION = re.compile(
    rf"(?P<numbers>[0-9]{{1,9}}(?:\.[0-9]{{1,9}})*)"
    rf"(?:-?(?P<pre>[A-Za-z][0-9A-Za-z-]*(?:\.[0-9A-Za-z-]+)*)|-(?P<count>{_NUMBER}(?:\.[0-9A-Za-z-]+)*))?"
    rf"(?:\+(?P<build>{_NUMBER}(?:\.{_NUMBER})*))?"
)
_WORD = re.compile(r"[0-9]+|[A-Za-z-]+")
_MAX = 64


@total_ordering
@dataclass(frozen=True, slots=True)
class Version:
    """Numbers, then perhaps a pre-release, then perhaps a build: ValueError for any other text.

    One grammar covers what upstreams write: ``22.11.1`` and ``26.0.0-rc.1`` (https://semver.org), ``3.15.0rc1``
    (https://peps.python.org/pep-0440/), ``1.21rc4`` (Go), ``21.0.12.1+1`` (https://openjdk.org/jeps/322),
    ``11.0.0-preview.6.26359.118`` (.NET), ``12.15``, ``24.04.3``. A source checks its upstream's own form first.

    Order: by numbers, where trailing zeros do not count (Go's 1.21rc4 is below 1.21.0); a pre-release is below its
    release; builds count last. A text may be put in a path, a ref or (``+`` apart) a tag: it holds digits, letters,
    dots, dashes and one plus only.
    """

    text: str

    def __post_init__(self) -> None:
        """Refuse what is not a version: the text comes from outside."""
        if len(self.text) > _MAX or not _VERSION.fullmatch(self.text):
            raise ValueError(f"not a version: {self.text[:_MAX]!r}")

    def __str__(self) -> str:
        """The text as upstream writes it, without a leading v or go."""
        return self.text

    @property
    def major(self) -> int:
        """The first number."""
        match = re.match("[0-9]+", self.text)
        return int(match[0]) if match else 0

    @property
    def key(self) -> tuple[object, ...]:
        """What versions are ordered by."""
        return _key(self.text)

    @property
    def rank(self) -> tuple[object, ...]:
        """The order of :meth:`__lt__` as a value: texts that sort alike are told apart by length and letters."""
        return self.key, len(self.text), self.text

    @property
    def is_prerelease(self) -> bool:
        """Whether it carries a pre-release part, ``-rc.1`` or ``rc1``."""
        match = _VERSION.fullmatch(self.text)
        return match is not None and (match["pre"] or match["count"]) is not None

    def __eq__(self, other: object) -> bool:
        """Equal texts: 1.20 and 1.20.0 sort alike and are not the same version."""
        return isinstance(other, Version) and self.text == other.text

    def __hash__(self) -> int:
        """Equal texts hash alike."""
        return hash(self.text)

    def __lt__(self, other: Version) -> bool:
        """Order by the ecosystem's rule."""
        return self.rank < other.rank

    def prefixes(self) -> list[str]:
        """What may stand for it, longest first: 22.11.1, 22.11, 22; a pre-release only itself."""
        if self.is_prerelease:
            return [self.text]
        numbers = self.text.partition("+")[0].split(".")
        shorter = [".".join(numbers[:n]) for n in range(len(numbers), 0, -1)]
        return shorter if "+" not in self.text else [self.text, *shorter]


@lru_cache(maxsize=1 << 14)
def _key(text: str) -> tuple[object, ...]:
    """Work out once what a version is ordered by: every sort compares it many times, every page sorts again."""
    match = _VERSION.fullmatch(text)
    assert match  # noqa: S101  (__post_init__ saw to it)
    numbers = [int(part) for part in match["numbers"].split(".")]
    while len(numbers) > 1 and not numbers[-1]:
        numbers.pop()
    pre = match["pre"] or match["count"]
    # Within a pre-release numbers are below words, and compared as numbers (semver.org, item 11).
    words = [
        tuple((0, int(w), "") if w.isdigit() else (1, 0, w) for w in _WORD.findall(part))
        for part in (pre or "").split(".")
    ]
    build = tuple(int(part) for part in (match["build"] or "0").split("."))
    return tuple(numbers), pre is None, tuple(words), build
