"""A pull request's body as HTML: CommonMark with tables, of HTML only the four words that our bodies use.

On GitHub anybody with the right to can edit a body: every other tag is shown as the text that it is, and a link is
http(s) or none (markdown-it refuses ``javascript:`` and its like).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

_ALLOWED = re.compile(r"&lt;(/?(?:details|summary|code|br))&gt;")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)


def prose(text: str) -> Markup:
    """Return *text* as HTML that can do nothing but be read."""
    return Markup(_reader().render(text))  # noqa: S704  (that is what this module is for)


@cache
def _reader() -> MarkdownIt:
    reader = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).disable("image")
    for rule in ("html_block", "html_inline"):
        reader.add_render_rule(rule, _plain)
    reader.add_render_rule("fence", _fence)
    reader.add_render_rule("table_open", _table)
    reader.add_render_rule("table_close", _table)
    reader.add_render_rule("heading_open", _lower)
    reader.add_render_rule("heading_close", _lower)
    return reader


def _plain(_self: object, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Leave comments out, escape HTML, and let the four words through where they have no attributes.

    Comments are the parser's to find: in code ``<!--`` is text, and hides nothing of what follows.
    """
    return _ALLOWED.sub(r"<\1>", escape(_COMMENT.sub("", tokens[index].content)))


def _fence(_self: object, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Return a block of code; of a diff every line by what it does, so that a style sheet can tell them apart."""
    if tokens[index].info.strip() != "diff":
        return f'<pre tabindex="0"><code>{escape(tokens[index].content)}</code></pre>\n'
    return str(diff(tokens[index].content))


def _lower(_self: object, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Leave the first level to the page's own."""
    level = max(int(tokens[index].tag[1]), 2)
    return f"<h{level}>" if tokens[index].nesting == 1 else f"</h{level}>\n"


def _table(_self: object, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Let a wide table be scrolled by itself, by keyboard too."""
    opens = tokens[index].nesting == 1
    return '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n' if opens else "</table></div>\n"


def diff(text: str) -> Markup:
    """Return a unified diff, every line marked as added, removed, of a place, or neither."""
    lines = [f'<span class="{_kind(line)}">{escape(line)}\n</span>' for line in text.splitlines()]
    return Markup('<pre class="diff" tabindex="0"><code>{}</code></pre>\n').format(Markup("".join(lines)))  # noqa: S704


def _kind(line: str) -> str:
    """What a line of a diff does."""
    if line.startswith(("+++", "---", "diff ", "index ")):
        return "file"
    return {"+": "added", "-": "removed", "@": "place"}.get(line[:1], "same")
