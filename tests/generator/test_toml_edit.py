"""Editing people's TOML: comments stay with the tables that they are about, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from generator.toml_edit import edited, with_table, without_table
from state.errors import CatalogueError

TEXT = """# About the file.

[a]
x = 1  # one

# About the first.
[a.lines.first]
t = "1"

[a.lines.first.bases]
amd64 = "x"

# About the second,
# in two lines.
[a.lines."2.0"]
t = "2"

# The rolling one.
[a.lines.edge]
t = "e"

# About b.
[b]
"""


def test_a_table_goes_with_its_comment_and_what_is_below_it() -> None:
    """The comment of the next one stays."""
    assert without_table("f", TEXT, ("a", "lines", "first")) == TEXT.replace(
        TEXT[TEXT.index("# About the first") : TEXT.index("# About the second")], ""
    )
    assert without_table("f", TEXT, ("b",)) == TEXT[: TEXT.index("\n# About b")]


def test_a_table_comes_before_its_sibling_or_after_the_last() -> None:
    """It stands before the comment of what follows."""
    table: dict[str, Any] = {"t": 'a "quoted" text', "bases": {"amd64": "y"}}
    new = '[a.lines."3.0"]\nt = "a \\"quoted\\" text"\n\n[a.lines."3.0".bases]\namd64 = "y"\n\n'
    place = TEXT.index("# The rolling one")
    assert with_table("f", TEXT, ("a", "lines", "3.0"), table, "edge") == TEXT[:place] + new + TEXT[place:]
    place = TEXT.index("# About b")
    assert with_table("f", TEXT, ("a", "lines", "3.0"), table, None) == TEXT[:place] + new + TEXT[place:]
    short = TEXT[: TEXT.index("\n# About b")]
    assert with_table("f", short, ("a", "lines", "3.0"), table, None) == f"{short}\n{new}".removesuffix("\n")


def test_a_value_changes_and_its_comment_stays() -> None:
    """The rest of the text is the same, letter for letter."""
    assert edited(TEXT, lambda document: document["a"].update(x=2)) == TEXT.replace("x = 1", "x = 2")


@pytest.mark.parametrize(
    "text",
    [
        'a.lines.first = { t = "1" }\n',
        '[a]\nlines = { first = { t = "1" }, edge = { t = "e" } }\n',
        '[a.lines]\nfirst = { t = "1" }\n[a.lines.edge]\nt = "e"\n',
        '[a.lines.first]\nt = """\n[a.lines.first.x]\n"""\n\n[b]\nt = """\n[a.lines.first.x]\n"""\n',
    ],
)
def test_what_is_not_written_as_tables_is_left_to_people(text: str) -> None:
    """Nothing is guessed: the outcome is read back and compared."""
    with pytest.raises(CatalogueError, match=r"f: a\.lines\.first: is not written as tables of their own"):
        without_table("f", text, ("a", "lines", "first"))


def test_a_table_among_others_that_are_none_is_left_to_people_too() -> None:
    """There is no place for it."""
    with pytest.raises(CatalogueError, match="a person can"):
        with_table("f", '[a]\nlines = { first = { t = "1" } }\n', ("a", "lines", "x"), {"t": "2"}, None)
