"""What is read when files are looked up may be broken too: a file or a reason per platform, or an error with its place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import date
from typing import get_args

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sources import SOURCES, alpine_listing, go_list
from state.errors import SourceError
from state.model import Arch, Libc, Platform, Release, Version
from tests.sources.fuzz import FUZZ, broken_bytes, changed_json, outcome_of
from tests.sources.pages import Pages
from tests.sources.test_alpine_fedora_rust_fuzz import RECORDED
from tests.sources.test_go import LIST

EVERY = [Platform(arch, libc) for arch in Arch for libc in get_args(Libc)]
LISTING = yaml.load((RECORDED / "alpine" / "v3.24-aarch64.yaml").read_bytes(), yaml.BaseLoader)
CASES: Mapping[str, tuple[str, str, str, bytes]] = {  # source → line, version, the document's URL, and the document
    "alpine": ("3.24", "3.24.2", alpine_listing.address("3.24", "aarch64"), json.dumps(LISTING).encode()),
    "fedora": (
        "41",
        "41",
        SOURCES["fedora"].DOCUMENTS["releases"],
        (RECORDED / "fedora" / "releases.2025-04-23.json").read_bytes(),
    ),
    "go": ("1.27", "1.27.0", go_list.SHORT, json.dumps(LIST).encode()),
    "rust": (
        "1",
        "1.98.1",
        "https://static.rust-lang.org/dist/channel-rust-1.98.1.toml",
        (RECORDED / "rust" / "channel-rust-stable.toml").read_bytes(),
    ),
}


@pytest.mark.parametrize("name", list(CASES))
@FUZZ
@given(data=st.data(), breaking=st.booleans())
def test_mutated_documents_give_files_and_reasons_or_an_error(name: str, data: st.DataObject, breaking: bool) -> None:  # noqa: FBT001
    """No platform is forgotten, none is there twice, no other exception leaves."""
    line, version, url, body = CASES[name]
    made = broken_bytes(data, body) if breaking or name == "rust" else changed_json(data, body)
    release = Release(name, line, Version(version), date(2026, 8, 1))
    pages = Pages({url: made}, source=name)
    outcome = outcome_of(lambda: asyncio.run(SOURCES[name].artifacts(release, EVERY, pages)))
    if isinstance(outcome, SourceError):
        assert outcome.source == name
        assert outcome.url.startswith("https://")
        assert outcome.problem
        assert str(outcome).encode()
    else:
        told = [a.platform for a in outcome.artifacts] + [p for p, _ in outcome.missing]
        assert sorted(told) == sorted(EVERY)
        assert all(reason for _, reason in outcome.missing)
        assert all(a.version == release.version for a in outcome.artifacts)
