"""Whatever Node may send: releases, or an error that names source, URL and field. Nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources import node
from sources.digests import read_sha256
from state.errors import SourceError
from tests.sources.fuzz import FUZZ, broken_bytes, changed_json, outcome_of, read
from tests.upstream.layout import BUNDLED

BODIES = {
    "index": (BUNDLED / "dist-index.2024-10-31.json").read_bytes(),
    "unofficial": b"[{}]",
    "schedule": (BUNDLED / "schedule.2026-06-01.json").read_bytes(),
}


@pytest.mark.parametrize("how", [changed_json, broken_bytes])
@FUZZ
@given(data=st.data(), name=st.sampled_from(list(BODIES)))
def test_mutated_documents_are_read_or_refused(
    how: Callable[[st.DataObject, bytes], bytes], data: st.DataObject, name: str
) -> None:
    """One value anywhere is replaced, removed or renamed; a body is cut, or has bytes written over it."""
    found = read(node, BODIES | {name: how(data, BODIES[name])}, list(node.DOCUMENTS.values()))
    assert all(r.line == r.version.text.split(".")[0] for r in found)


@FUZZ
@given(body=st.binary(max_size=400) | st.text("0123456789abcdef \n.-/<", max_size=400).map(str.encode))
def test_any_list_is_read_or_refused(body: bytes) -> None:
    """Digests by plain names, or the line that is not so."""
    outcome = outcome_of(lambda: read_sha256("node", "https://nodejs.org/x", body))
    if isinstance(outcome, SourceError):
        assert outcome.problem
    else:
        assert all(name.isascii() and ".." not in name.split("/") for name in outcome)
