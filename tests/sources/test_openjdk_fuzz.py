"""Whatever the Adoptium API may answer: releases and files, or an error that names the place."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sources import openjdk
from state.errors import SourceError
from state.model import Offer
from tests.sources.fuzz import FUZZ, broken_bytes, mutate, read
from tests.sources.openjdk_pages import (
    PAGE,
    RECORDED,
    copy,
    documents,
    looked_up,
)

URLS = [openjdk.DOCUMENTS["available"]] + [PAGE.format(line) for line in range(8, 1000)]


class Lines(dict[str, bytes]):
    """Documents in which a line that nobody knows has an empty page."""

    def __missing__(self, name: str) -> bytes:
        """Return the page."""
        return b"[]"


@FUZZ
@given(data=st.data(), name=st.sampled_from(["available", "ga-21", "ga-8"]))
def test_mutated_documents_are_read_or_refused(data: st.DataObject, name: str) -> None:
    """Releases of the lines that were asked for, or an error that names source and URL."""
    pages = Lines(documents())
    document = json.loads(pages[name])
    if data.draw(st.booleans()):
        mutate(data, document)
        pages[name] = json.dumps(document).encode()
    else:
        pages[name] = broken_bytes(data, pages[name])
    found = read(openjdk, pages, URLS)
    assert all(r.line in {f"{r.version.major}-jdk", f"{r.version.major}-jre"} for r in found)


@FUZZ
@given(data=st.data())
async def test_mutated_releases_are_read_or_refused(data: st.DataObject) -> None:
    """Artifacts, and a reason for each that is missing, or an error."""
    document = copy("jdk-21.0.12+8")
    mutate(data, document)
    offer = await outcome(document)
    if offer is not None:
        assert {a.platform for a in offer.artifacts} | {p for p, _ in offer.missing} == set(RECORDED)


async def outcome(document: Any) -> Offer | None:
    """Return what the document offers, None where it is refused."""
    try:
        return await looked_up("jdk-21.0.12+8", "21-jdk", RECORDED, document)
    except SourceError:
        return None
