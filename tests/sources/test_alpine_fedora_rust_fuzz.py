"""Whatever Alpine, Fedora or Rust may send: releases, or an error that names source and URL. Nothing else."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sources import alpine, fedora, rust
from sources.digests import BSD, read_sha256
from sources.source import Source
from state.errors import SourceError
from tests.sources.fuzz import FUZZ, broken_bytes, changed_json, outcome_of, read

RECORDED = Path(__file__).parent
LISTING = yaml.load((RECORDED / "alpine" / "v3.24-aarch64.yaml").read_bytes(), yaml.BaseLoader)
DOCUMENTS: dict[str, tuple[Source, dict[str, bytes]]] = {
    "alpine": (
        alpine,
        {
            "releases": (RECORDED / "alpine" / "releases.json").read_bytes(),
            "v3.24/aarch64": json.dumps(LISTING).encode(),  # JSON is YAML
        },
    ),
    "fedora": (
        fedora,
        {
            "releases": (RECORDED / "fedora" / "releases.2025-04-23.json").read_bytes(),
            "bodhi": (RECORDED / "fedora" / "bodhi.2025-02-12.json").read_bytes(),
        },
    ),
    "rust": (rust, {"stable": (RECORDED / "rust" / "channel-rust-stable.toml").read_bytes()}),
}
URLS = [
    *alpine.DOCUMENTS.values(),
    *fedora.DOCUMENTS.values(),
    *rust.DOCUMENTS.values(),
    "https://dl-cdn.alpinelinux.org/alpine/v3.24/releases/aarch64/latest-releases.yaml",
]


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("alpine", changed_json),
        ("fedora", changed_json),
        ("alpine", broken_bytes),
        ("fedora", broken_bytes),
        ("rust", broken_bytes),
    ],
)
@FUZZ
@given(data=st.data())
def test_mutated_documents_are_read_or_refused(
    name: str, how: Callable[[st.DataObject, bytes], bytes], data: st.DataObject
) -> None:
    """One value anywhere is replaced, removed or renamed; a body is cut, or has bytes written over it."""
    source, originals = DOCUMENTS[name]
    which = data.draw(st.sampled_from(list(originals)))
    documents = originals | {which: how(data, originals[which])}
    found = read(source, documents, URLS)
    assert all(f"{r.version}.".startswith(f"{r.line}.") for r in found)


@FUZZ
@given(body=st.binary(max_size=400) | st.text("SHA256 ()=abcdef01 #\n.-/<", max_size=400).map(str.encode))
def test_any_tagged_list_is_read_or_refused(body: bytes) -> None:
    """Digests by plain names, comments, or the line that is neither."""
    outcome = outcome_of(lambda: read_sha256("fedora", "https://dl.fedoraproject.org/x", body, BSD))
    if isinstance(outcome, SourceError):
        assert outcome.problem
    else:
        assert all(name.isascii() and ".." not in name.split("/") for name in outcome)
