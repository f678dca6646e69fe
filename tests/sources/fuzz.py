"""Fuzzing: what may become of a document on its way (a value changed, or some bytes), and reading it as a poll does."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from sources.source import Source
from state.errors import SourceError
from state.model import Release

T = TypeVar("T")

FUZZ = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""How many examples is the profile's business: `make test-fuzz` has so many seconds."""

_HOSTILE = st.sampled_from(["../../x", "1.0.0$(id)", "1.0\n", "", "\ud800", "0" * 70, "9" * 30, "0000-01", "1.2.3"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | _HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)


def outcome_of(reading: Callable[[], T]) -> T | SourceError:
    """Return what a reading gives, or why it refuses; any other error is a bug and fails the test."""
    try:
        return reading()
    except SourceError as error:
        return error


def mutate(data: st.DataObject, document: Any) -> None:
    """Replace, remove or rename one value of *document*, at any depth and in place."""
    inner = document
    while True:
        key = data.draw(st.sampled_from(list(range(len(inner))) if isinstance(inner, list) else list(inner)))
        if not (isinstance(inner[key], dict | list) and inner[key] and data.draw(st.integers(0, 3))):
            break
        inner = inner[key]
    if data.draw(st.booleans()):
        inner[key] = data.draw(_JSON)
    elif isinstance(inner, dict):
        inner[data.draw(st.text(max_size=8) | _HOSTILE)] = inner.pop(key)
    else:
        del inner[key]


def changed_json(data: st.DataObject, body: bytes) -> bytes:
    """Return *body* with one value, at any depth, replaced, removed or renamed."""
    document = json.loads(body)
    mutate(data, document)
    return json.dumps(document).encode()


def broken_bytes(data: st.DataObject, body: bytes) -> bytes:
    """Return *body* cut, or with bytes written over it."""
    place = data.draw(st.integers(0, len(body)))
    patch = data.draw(st.binary(max_size=6))
    cut = data.draw(st.none() | st.integers(0, len(body)))
    return (body[:place] + patch + body[place + len(patch) :])[:cut]


def read(source: Source, documents: Mapping[str, bytes], urls: Sequence[str]) -> Sequence[Release]:
    """Return the releases, or none where an error names source, one of *urls* and the problem."""
    first = {name: documents[name] for name in source.DOCUMENTS}
    for outcome in (outcome_of(lambda: source.more(first)), outcome_of(lambda: source.releases(documents))):
        if isinstance(outcome, SourceError):
            assert outcome.source == source.NAME
            assert outcome.url in urls
            assert outcome.problem
            assert str(outcome).encode()
            return []
    assert isinstance(outcome, Sequence)
    assert outcome
    assert all(r.source == source.NAME and not r.version.is_prerelease for r in outcome)
    return outcome
