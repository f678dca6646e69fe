"""Whatever an upstream may send: releases, or an error that names source, URL and field. Nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources import node
from sources.digests import read_sha256
from state.errors import SourceError
from tests.upstream.layout import BUNDLED

T = TypeVar("T")

ORIGINALS = {
    "index": json.loads((BUNDLED / "dist-index.2024-10-31.json").read_bytes()),
    "unofficial": [],
    "schedule": json.loads((BUNDLED / "schedule.2026-06-01.json").read_bytes()),
}
BODIES = {name: json.dumps(document).encode() for name, document in ORIGINALS.items()}
HOSTILE = st.sampled_from(["v../../x", "v1.0.0$(id)", "v1.0.0\n", "", "v1.0.0-", "\ud800", "0" * 70, "v" + "9" * 30])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | HOSTILE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def read(documents: dict[str, bytes]) -> None:
    """Read the documents, and hold the outcome against what may come of it."""
    outcome = outcome_of(lambda: node.releases(documents))
    if isinstance(outcome, SourceError):
        assert outcome.source == "node"
        assert outcome.url in node.DOCUMENTS.values()
        assert outcome.problem
        assert str(outcome).encode()
    else:
        assert outcome
        assert all(r.line == r.version.text.split(".")[0] and not r.version.is_prerelease for r in outcome)


def outcome_of(reading: Callable[[], T]) -> T | SourceError:
    """Return what a reading gives, or why it refuses; any other error is a bug and fails the test."""
    try:
        return reading()
    except SourceError as error:
        return error


@FUZZ
@given(data=st.data())
def test_mutated_documents_are_read_or_refused(data: st.DataObject) -> None:
    """One value anywhere in a real document is replaced, removed or renamed."""
    name = data.draw(st.sampled_from(["index", "schedule"]))
    document = json.loads(BODIES[name])
    inner: Any = document
    keys = list(range(len(inner))) if isinstance(inner, list) else list(inner)
    key = data.draw(st.sampled_from(keys))
    if data.draw(st.booleans()) and isinstance(inner[key], dict):
        inner = inner[key]
        key = data.draw(st.sampled_from(list(inner)))
    if data.draw(st.booleans()):
        inner[key] = data.draw(JSON)
    elif isinstance(inner, dict):
        inner[data.draw(st.text(max_size=8) | HOSTILE)] = inner.pop(key)
    else:
        del inner[key]
    read(BODIES | {name: json.dumps(document).encode()})


@FUZZ
@given(data=st.data(), name=st.sampled_from(["index", "schedule", "unofficial"]))
def test_broken_bytes_are_read_or_refused(data: st.DataObject, name: str) -> None:
    """A body is cut, or has bytes written over it."""
    body = bytearray(BODIES[name])
    place = data.draw(st.integers(0, len(body)))
    patch = data.draw(st.binary(max_size=6))
    body[place : place + len(patch)] = patch
    cut = data.draw(st.none() | st.integers(0, len(body)))
    read(BODIES | {name: bytes(body[:cut])})


@FUZZ
@given(body=st.binary(max_size=400) | st.text("0123456789abcdef \n.-/<", max_size=400).map(str.encode))
def test_any_list_is_read_or_refused(body: bytes) -> None:
    """Digests by plain names, or the line that is not so."""
    outcome = outcome_of(lambda: read_sha256("node", "https://nodejs.org/x", body))
    if isinstance(outcome, SourceError):
        assert outcome.problem
    else:
        assert all(name.isascii() and ".." not in name.split("/") for name in outcome)
