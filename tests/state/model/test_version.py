"""Versions order as their ecosystems say, and nothing else is a version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version as Pep440

from state.model import Version

ORDERED = [
    ["22.9.0", "22.10.0-rc.1", "22.10.0", "22.10.1", "23.0.0"],
    ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"],
    ["3.12.2", "3.12.10", "3.14.0a5", "3.14.0b1", "3.14.0rc2", "3.14.0", "3.15.0rc1"],
    ["1.20", "1.20.1", "1.21beta1", "1.21rc4", "1.21.0", "1.21.10"],
    ["17.0.19+10", "17.0.20+8", "17.0.20.1+1", "21.0.12+8", "21.0.12.1+1"],
    ["11.0.22+7", "11.0.22+7.1", "11.0.22+10"],
    ["10.0.110", "10.0.302", "11.0.0-preview.6.26359.118", "11.0.0-preview.10.1", "11.0.0-rc.1", "11.0.0"],
    ["12.9", "12.15", "13.1"],
    ["24.04", "24.04.3", "24.04.9", "24.04.10", "26.04"],
]


@pytest.mark.parametrize("versions", ORDERED, ids=lambda v: v[0])
def test_versions_are_ordered_as_upstream_orders_them(versions: list[str]) -> None:
    """Each list is in its ecosystem's order."""
    assert [v.text for v in sorted(map(Version, reversed(versions)))] == versions


@given(
    st.lists(
        st.from_regex(r"[0-9]{1,2}\.[0-9]{1,2}\.[0-9]{1,2}((a|b|rc)[1-9])?", fullmatch=True), min_size=2, max_size=6
    )
)
def test_python_versions_are_ordered_as_pep_440_says(texts: list[str]) -> None:
    """The packaging library is the judge."""
    ours = sorted((Version(t) for t in texts), key=lambda v: v.key)
    assert [Pep440(v.text) for v in ours] == sorted(Pep440(t) for t in texts)


@pytest.mark.parametrize(
    "text",
    ["", "v1.0.0", "../../etc", "1.0.0; rm -rf /", "$(id)", "1..0", "1.0.", "1.0.0\n", "1 0", "1.0.0+", "1.0_0",
     "1.0.0/x", "1" * 65, "\uff11.0.0", "1.0.0-", "latest"],
)  # fmt: skip
def test_hostile_and_malformed_texts_are_no_versions(text: str) -> None:
    """Nothing that a shell, a path or a ref would obey can be constructed."""
    with pytest.raises(ValueError, match="not a version"):
        Version(text)


def test_prefixes_are_what_tags_are_made_of() -> None:
    """A release stands for its lines; a pre-release for itself only."""
    assert Version("22.11.1").prefixes() == ["22.11.1", "22.11", "22"]
    assert Version("26.0.0-rc.1").prefixes() == ["26.0.0-rc.1"]
    assert Version("21.0.12+8").prefixes() == ["21.0.12+8", "21.0.12", "21.0", "21"]


def test_versions_that_sort_alike_are_not_the_same() -> None:
    """Go's first release of a line was 1.20: 1.20.0 would be another one."""
    assert Version("1.20") != Version("1.20.0")
    assert Version("1.20") < Version("1.20.0")
