"""Versions are ordered as each ecosystem's own rule says, whatever versions it may have; the rules are written out here."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version as Pep440

from state.model import Version

NUMBER = st.integers(0, 130)


def dotted(least: int, most: int) -> st.SearchStrategy[str]:
    """Numbers with dots between them."""
    return st.lists(NUMBER, min_size=least, max_size=most).map(lambda numbers: ".".join(map(str, numbers)))


def below(one: str, other: str) -> bool:
    """Whether we think so."""
    return Version(one) < Version(other)


def pairs(texts: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, str]]:
    """Two versions that are often alike but for one part."""
    return st.tuples(texts, texts)


EARLY = st.builds(lambda kind, n: f"{kind}{n}", st.sampled_from(["a", "b", "rc"]), NUMBER)


@given(pairs(st.builds(lambda numbers, early: numbers + early, dotted(3, 3), st.just("") | EARLY)))
def test_pythons_are_in_the_order_of_pep_440(pair: tuple[str, str]) -> None:
    """The packaging library is the judge (https://peps.python.org/pep-0440/#version-scheme)."""
    one, other = pair
    assert below(one, other) == (Pep440(one) < Pep440(other))


def semver(text: str) -> tuple[object, ...]:
    """The key of https://semver.org, item 11: a number is below a word, and less is below more."""
    numbers, _, early = text.partition("-")
    words = [(0, int(w), "") if w.isdigit() else (1, 0, w) for w in early.split(".")] if early else []
    return tuple(map(int, numbers.split("."))), not early, words


WORDS = st.lists(st.sampled_from(["rc", "alpha", "preview", "beta"]) | NUMBER.map(str), min_size=1, max_size=4)


@given(
    pairs(st.builds(lambda numbers, w: f"{numbers}-{'.'.join(w)}" if w else numbers, dotted(3, 3), st.just([]) | WORDS))
)
def test_nodes_and_dotnets_are_in_the_order_of_semver(pair: tuple[str, str]) -> None:
    """26.0.0-rc.1, 11.0.0-preview.6.26359.118."""
    one, other = pair
    assert below(one, other) == (semver(one) < semver(other))


def go(text: str) -> tuple[object, ...]:
    """The key of https://pkg.go.dev/go/version: beta and rc are of the line's first release, with or without its .0."""
    match = re.fullmatch(r"([0-9]+)\.([0-9]+)(?:\.([0-9]+))?(?:(beta|rc)([0-9]+))?", text)
    assert match
    x, y, z, kind, number = match.groups()
    return int(x), int(y), int(z or 0), {"beta": 0, "rc": 1, None: 2}[kind], int(number or 0)


GO_EARLY = st.builds(lambda kind, n: f"{kind}{n}", st.sampled_from(["beta", "rc"]), NUMBER)


@given(
    pairs(
        st.builds(lambda line, rest: f"1.{line}{rest}", st.integers(18, 23), GO_EARLY | NUMBER.map(lambda n: f".{n}"))
    )
)
def test_gos_are_in_the_order_of_go(pair: tuple[str, str]) -> None:
    """1.21rc4 is below 1.21.0, and no rc has a patch number."""
    one, other = pair
    assert below(one, other) == (go(one) < go(other))


def jep322(text: str) -> tuple[object, ...]:
    """The key of https://openjdk.org/jeps/322 for general releases: numbers by position, then the build."""
    numbers, _, build = text.partition("+")
    return tuple(map(int, numbers.split("."))), int(build or 0)


@given(
    pairs(
        st.builds(lambda numbers, build: f"{re.sub('([.]0)+$', '', numbers)}+{build}", dotted(1, 5), st.integers(0, 40))
    )
)
def test_jdks_are_in_the_order_of_jep_322(pair: tuple[str, str]) -> None:
    """Any length, without zeros at the end: 21.0.12+8 is below 21.0.12.1+1."""
    one, other = pair
    assert below(one, other) == (jep322(one) < jep322(other))


def dpkg(text: str) -> tuple[int, ...]:
    """The key of https://www.debian.org/doc/debian-policy/ch-controlfields.html#version, of numbers and dots alone."""
    return tuple(map(int, text.split(".")))


@given(pairs(dotted(1, 4) | st.sampled_from(["24.04", "24.04.9", "24.04.10", "12.9", "12.15", "3.20.0", "3.20"])))
def test_distros_are_in_the_order_of_debian(pair: tuple[str, str]) -> None:
    """12.9 is below 12.15, 24.04.9 below 24.04.10, and a point release is above the first."""
    one, other = pair
    if dpkg(one) != dpkg(other):
        assert below(one, other) == (dpkg(one) < dpkg(other))
