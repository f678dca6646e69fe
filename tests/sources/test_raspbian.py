"""Raspbian's documents. No real InRelease of it was to be had: a head of Debian's is given Raspbian's fields."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sources import raspbian
from sources.signatures import keyring
from state.errors import SignatureError, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages
from tests.sources.signed_suites import HERE, MADE, NOW, release, sign
from tests.upstream.signer import Signer

CSV = (HERE / "debian" / "debian.csv").read_bytes()
FIELDS = {"Origin": "Raspbian", "Label": "Raspbian", "Version": "", "Architectures": "armhf"}


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """Raspbian's key, pinned."""
    made = Signer(MADE)
    made.install(tmp_path)
    return made


async def read(tmp_path: Path, **suites: bytes) -> dict[str, Release]:
    """Return line → release of these suites; the others are not there."""
    given = {"series": CSV, **dict.fromkeys(raspbian.more({"series": CSV}), b"")} | suites
    believed = await raspbian.verify(given, Pages({}, tmp_path, "raspbian"), NOW)
    return {r.line: r for r in raspbian.releases(believed)}


def suite(signer: Signer, name: str, **changed: str) -> bytes:
    """Return a signed InRelease."""
    return sign(release(name, **(FIELDS | changed)), signer)


def test_there_are_no_security_suites() -> None:
    """One suite for each of Debian's series."""
    urls = raspbian.more({"series": CSV})
    assert list(urls) == ["bullseye", "bookworm", "trixie"]
    assert urls["bookworm"] == "http://raspbian.raspberrypi.com/raspbian/dists/bookworm/InRelease"


async def test_the_date_is_the_version(tmp_path: Path, signer: Signer) -> None:
    """Nothing else tells of a change; a Version that stands there all the same is not looked at."""
    found = await read(tmp_path, bookworm=suite(signer, "bookworm", Version="12.0"))
    assert (str(found["bookworm"].version), found["bookworm"].published) == ("12.20260711", date(2026, 7, 11))
    assert found["bookworm"].supported_until == date(2028, 6, 30)
    later = await read(tmp_path, bookworm=suite(signer, "bookworm", Date="Sun, 12 Jul 2026 01:00:00 UTC"))
    assert later["bookworm"].version > found["bookworm"].version


async def test_a_suite_that_is_not_there_yet_is_no_release(tmp_path: Path, signer: Signer) -> None:
    """Trixie comes to Raspbian later than to Debian; bullseye's end is told although it has moved away."""
    found = await read(tmp_path, bookworm=suite(signer, "bookworm"))
    assert {line: r.supported(NOW.date()) for line, r in found.items()} == {"bullseye": False, "bookworm": True}


async def test_debians_own_inrelease_is_not_raspbians(tmp_path: Path, signer: Signer) -> None:
    """Debian's keys are not pinned for Raspbian, and its armhf alone makes no ARMv6."""
    real = (HERE / "debian" / "bullseye-security.InRelease").read_bytes()
    with pytest.raises(SignatureError, match="unknown key"):
        await read(tmp_path, bullseye=real)
    with pytest.raises(SourceError, match="is 'Debian', not 'Raspbian'"):
        await read(tmp_path, bookworm=suite(signer, "bookworm", Origin="Debian"))
    with pytest.raises(SourceError, match="has no armhf"):
        await read(tmp_path, bookworm=suite(signer, "bookworm", Architectures="arm64"))


async def test_an_unsigned_inrelease_is_refused(tmp_path: Path) -> None:
    """It comes over plain http: only the signature is believed."""
    with pytest.raises(SignatureError, match="is not one clear-signed text"):
        await read(tmp_path, bookworm=release("bookworm", **FIELDS).encode())


async def test_there_are_no_files_and_each_platform_has_its_reason(tmp_path: Path, signer: Signer) -> None:
    """The builder makes a root file system from the suite."""
    url = raspbian.more({"series": CSV})["bookworm"]
    pages = Pages({url: suite(signer, "bookworm")}, tmp_path, "raspbian")
    wanted = [Platform(Arch.ARMV6, "glibc"), Platform(Arch.AMD64, "glibc")]
    bookworm = Release("raspbian", "bookworm", Version("12.20260711"), date(2026, 7, 11))
    offer = await raspbian.artifacts(bookworm, wanted, pages)
    assert offer.artifacts == ()
    assert [reason for _, reason in offer.missing] == [
        f"Raspbian publishes no root file system: it is made from {url}",
        "Raspbian is not for amd64/glibc",
    ]
    with pytest.raises(SignatureError):
        await raspbian.artifacts(bookworm, wanted, Pages({url: b"x"}, tmp_path, "raspbian"))


def test_raspbians_key_is_pinned_and_no_other() -> None:
    """Of 2012, 2048 bit."""
    assert set(keyring("raspbian")) == {"A0DA38D0D76E8B5D638872819165938D90FDDD2E"}


def test_links_lead_to_raspbians_page() -> None:
    """It has no notes."""
    assert raspbian.links(None, "12.20260711") == {"Raspbian": "https://www.raspbian.org/"}
