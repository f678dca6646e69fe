"""What a person may have meant by a word that means nothing."""

from __future__ import annotations

from collections.abc import Collection

_MOST = 3


def meant(word: str, known: Collection[str]) -> str:
    """Return ``: did you mean status?`` with the nearest of *known*, or nothing where none is near."""
    import difflib

    near = difflib.get_close_matches(word, known, _MOST)
    return f": did you mean {' or '.join(near)}?" if near else ""
