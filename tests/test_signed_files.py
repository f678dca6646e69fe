"""Files with a signature of their own: checked in the background, once, and said in the pull request. Each end to end."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

import sources
from sources.proofs import vouched
from sources.source import Fetch, Source
from state.model import Offer, Platform, Release
from tests.toys import AMD64, ARM64, HOST, Toy, Toys
from tests.upstream.layout import write
from tests.upstream.signer import Signer
from tests.world import World

MADE, EXPIRY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
EARLY, LATE = datetime(2020, 6, 1, tzinfo=UTC), datetime(2022, 6, 1, tzinfo=UTC)


class Signed(Toy):
    """The toys, with published digests and a signature beside each file."""

    async def artifacts(self, release: Release, wanted: Collection[Platform], fetch: Fetch) -> Offer:
        """Take the list for what it is."""
        offer = await super().artifacts(release, wanted, fetch)
        plain = [replace(a, signed=False, verified="sha256 published by upstream") for a in offer.artifacts]
        return Offer(tuple(await asyncio.gather(*(vouched(a, f"{a.url}.sig", fetch) for a in plain))), offer.missing)


@pytest.fixture
def signer() -> Signer:
    """One whose key expires."""
    return Signer(MADE, EXPIRY)


@pytest.fixture
def toys(world: World, signer: Signer, monkeypatch: pytest.MonkeyPatch) -> Toys:
    """A world in which his key is pinned, with a release of two files."""
    source = Signed()
    pinned: dict[str, Source] = {"toy": source}
    monkeypatch.setattr(sources, "SOURCES", pinned)
    signer.install(world.folder / "ws" / "var" / "keys" / "toy")
    made = Toys(world, source)
    made.stack(group="line")
    made.release("8.0-sdk", "8.0.100")
    return made


def file(toys: Toys, platform: Platform) -> Path:
    """Return the file of a platform as it is served."""
    return toys.world.served / HOST / "8.0-sdk" / "8.0.100" / f"{platform.arch}-{platform.libc}.tar.gz"


def sign(toys: Toys, signer: Signer, platform: Platform, when: datetime = EARLY, body: bytes | None = None) -> None:
    """Serve a signature over the file, or over another *body*."""
    path = file(toys, platform)
    write(path.with_name(f"{path.name}.sig"), signer.detach(path.read_bytes() if body is None else body, when))


def asked(toys: Toys) -> list[str]:
    """Return the files that were downloaded since the last time."""
    seen = [s.path for s in toys.world.upstream.requests if s.method == "GET" and s.path.endswith(".tar.gz")]
    toys.world.upstream.requests.clear()
    return seen


def test_who_signed_a_file_is_in_the_record(toys: Toys, signer: Signer) -> None:
    """Each file is downloaded once, also by the next run; one without a signature is compared with its digest."""
    sign(toys, signer, AMD64)
    [pull] = toys.sync().pulls
    record = toys.world.text("catalogue/releases/toy/8.0-sdk.json", pull.branch)
    assert f'"verified": "signed by {signer.fingerprint}"' in record
    assert '"verified": "sha256 published by upstream"' in record
    assert len(asked(toys)) == 2
    toys.list()
    assert (toys.sync().failed, asked(toys)) == ([], [])


def test_a_signature_that_does_not_hold_holds_its_file_back(toys: Toys, signer: Signer) -> None:
    """The others go ahead; the source counts as failing."""
    sign(toys, signer, ARM64, body=b"another")
    report = toys.sync()
    assert [h.subject for h in report.held] == ["toy 8.0.100 (8.0-sdk) aarch64/glibc"]
    assert "is not what key" in report.failed[0].error
    assert len(report.pulls) == 1


def test_a_signature_by_a_key_that_has_expired_here_waits_for_newer_keys(toys: Toys, signer: Signer) -> None:
    """It is no defect of upstream's."""
    sign(toys, signer, ARM64, LATE)
    report = toys.sync()
    assert [h.reason.endswith("refresh the keys") for h in report.held] == [True]
    assert report.failed == []
