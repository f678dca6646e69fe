"""Whatever Microsoft may publish: releases and files, or an error that names the place."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sources import dotnet
from state.errors import SourceError
from state.model import Offer
from tests.sources.dotnet_pages import (
    CHANNEL,
    INDEX,
    RECORDED,
    document,
    documents,
    looked_up,
)
from tests.sources.fuzz import FUZZ, broken_bytes, mutate, read


class Channels(dict[str, bytes]):
    """Documents in which a channel that nobody knows is empty."""

    def __missing__(self, name: str) -> bytes:
        """Return the document."""
        return json.dumps({"channel-version": name, "releases": []}).encode()


@FUZZ
@given(data=st.data(), name=st.sampled_from(["index", "10.0", "9.0"]))
def test_mutated_documents_are_read_or_refused(data: st.DataObject, name: str) -> None:
    """Releases of the channels that were asked for, or an error that names source and URL."""
    pages = Channels(documents())
    made = json.loads(pages[name])
    if data.draw(st.booleans()):
        mutate(data, made)
        pages[name] = json.dumps(made).encode()
    else:
        pages[name] = broken_bytes(data, pages[name])
    found = read(dotnet, pages, [INDEX, *(CHANNEL.format(f"{major}.0") for major in range(1000))])
    assert all(r.line.partition("-")[2] in {"sdk", "runtime", "aspnet"} for r in found)


@FUZZ
@given(data=st.data(), how=st.sampled_from([mutate, None]))
async def test_mutated_channels_are_read_or_refused(
    data: st.DataObject, how: Callable[[st.DataObject, Any], None] | None
) -> None:
    """Artifacts, and a reason for each that is missing, or an error."""
    made = document("10.0")
    if how:
        how(data, made)
    body = json.dumps(made).encode()
    offer = await outcome(body if how else broken_bytes(data, body))
    if offer is not None:
        assert {a.platform for a in offer.artifacts} | {p for p, _ in offer.missing} == set(RECORDED)


async def outcome(body: bytes) -> Offer | None:
    """Return what the document offers, None where it is refused."""
    try:
        return await looked_up("10.0-sdk", "10.0.302", body)
    except SourceError:
        return None
