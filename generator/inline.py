"""Text from outside in a line of Markdown: it is read, and does nothing.

An upstream's words stand in reasons and in how a file was verified. There they must not end a table's cell, mention
people, close issues (``fixes #1``), link, or be HTML. Plain words stay as they are; anything else becomes code, in which
GitHub looks for nothing of that (https://github.github.com/gfm/#code-spans).
"""

from __future__ import annotations

import re

_PLAIN = re.compile(r"(?:[0-9A-Za-z ,;:()/+='\"%→·.-]|(?<=\w)_(?=\w))*", re.ASCII)
_LINKED = re.compile(r"://|www\.|\bgh-[0-9]", re.IGNORECASE)
"""What GitHub makes a link of by itself."""
_LONGEST = 300


def inline(text: str) -> str:
    """Return *text* as a part of one line of Markdown, also inside a table; at most 300 characters of it."""
    shown = " ".join("".join(c if c.isprintable() or c.isspace() else "?" for c in text).split())
    if len(shown) > _LONGEST:
        shown = f"{shown[: _LONGEST - 1]}…"
    if not shown or (_PLAIN.fullmatch(shown) and not _LINKED.search(shown)):
        return shown
    return f"`{shown.replace('`', chr(39)).replace(chr(92), '/').replace('|', '¦')}`"
