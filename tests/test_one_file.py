"""One file for every platform, as Python's source is: each platform keeps a record of its own."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from sources.source import Fetch
from state.model import Offer, Platform, Release
from tests.toys import BOTH, Toy, Toys


def test_what_is_recorded_stays_as_it_is_when_it_is_looked_at_again(
    toys: Toys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No platform takes another's place, and nothing is proposed for that."""
    looked_up: Any = Toy.artifacts

    async def same(self: Toy, release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
        offer: Offer = await looked_up(self, release, wanted, fetch)
        one = offer.artifacts[0]
        return replace(offer, artifacts=tuple(replace(one, arch=p.arch, libc=p.libc) for p in BOTH))

    monkeypatch.setattr(Toy, "artifacts", same)
    toys.stack()
    for flavour in ("8.0-sdk", "8.0-runtime"):
        toys.release(flavour, "8.0.1")
    [first] = toys.sync().pulls
    toys.world.decide("merge", first.number)
    toys.announce("7.0-sdk", "7.0.1", until="2024-01-01")  # of no interest, but the index changed
    assert toys.sync().pulls == []
