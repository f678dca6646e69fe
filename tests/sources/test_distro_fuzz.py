"""Whatever may become of the distributions' documents: releases, or an error that names source, URL and problem."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from sources import debian, raspbian, ubuntu
from sources.source import Source
from state.errors import SourceError
from tests.sources.fuzz import FUZZ, broken_bytes, outcome_of
from tests.sources.signed_suites import HERE, release

CSV = (HERE / "debian" / "debian.csv").read_bytes()
SUITES = ["bullseye", "bookworm", "bookworm-security", "trixie", "trixie-security"]
DEBIAN = {"series": CSV, "bullseye-security": b"", **{name: release(name).encode() for name in SUITES}}
RASPBIAN = {
    "series": CSV,
    **{n: release(n, Origin="Raspbian", Version="", Architectures="armhf").encode() for n in SUITES if "-" not in n},
}
UBUNTU = {
    "series": (HERE / "ubuntu" / "ubuntu.csv").read_bytes(),
    "meta": (HERE / "ubuntu" / "meta-release").read_bytes(),
}
ALL: list[tuple[Source, Mapping[str, bytes]]] = [(debian, DEBIAN), (raspbian, RASPBIAN), (ubuntu, UBUNTU)]
WORDS = st.sampled_from(["../../x", "$(id)", "0000-00-00", "9" * 30, "", "\n", " ", "\x00", "<html>", "٢", "12.15"])


def read(source: Source, documents: Mapping[str, bytes]) -> None:
    """Read verified documents as a poll does, and hold the outcome against what may come of it."""
    urls = outcome_of(lambda: source.more(documents))
    if isinstance(urls, SourceError):
        outcome: object = urls
    else:
        asked = dict.fromkeys(urls, b"") | dict(documents)
        outcome = outcome_of(lambda: source.releases(asked))
    if isinstance(outcome, SourceError):
        assert outcome.source == source.NAME
        assert outcome.url.startswith("http")
        assert outcome.problem
        assert str(outcome).encode()
    else:
        assert outcome


@FUZZ
@given(data=st.data(), case=st.sampled_from(ALL))
def test_broken_bytes_are_read_or_refused(data: st.DataObject, case: tuple[Source, Mapping[str, bytes]]) -> None:
    """A document is cut, or has bytes written over it."""
    source, documents = case
    name = data.draw(st.sampled_from([n for n in documents if documents[n]]))
    read(source, {**documents, name: broken_bytes(data, documents[name])})


@FUZZ
@given(data=st.data(), case=st.sampled_from(ALL))
def test_changed_words_are_read_or_refused(data: st.DataObject, case: tuple[Source, Mapping[str, bytes]]) -> None:
    """One cell, field or value is replaced by another word, or a line stands elsewhere."""
    source, documents = case
    name = data.draw(st.sampled_from([n for n in documents if documents[n]]))
    lines = documents[name].decode().split("\n")
    number = data.draw(st.integers(0, len(lines) - 1))
    if data.draw(st.booleans()):
        lines.insert(data.draw(st.integers(0, len(lines))), lines[number])
    else:
        mark = "," if name == "series" else ": "
        words = lines[number].split(mark)
        words[data.draw(st.integers(0, len(words) - 1))] = data.draw(WORDS | st.text(max_size=12))
        lines[number] = mark.join(words)
    read(source, {**documents, name: "\n".join(lines).encode("utf-8", "surrogatepass")})
