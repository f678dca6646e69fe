"""Debian's documents: what is believed of them, and what is read out of what is believed."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from sources import debian
from sources.signatures import keyring
from state.errors import NotPublished, SignatureError, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages
from tests.sources.signed_suites import HERE, MADE, NOW, release, sign
from tests.upstream.signer import Signer

CSV = (HERE / "debian" / "debian.csv").read_bytes()
ARCHIVE = "https://ftp.debian.org"
SUITES = ["bullseye", "bullseye-security", "bookworm", "bookworm-security", "trixie", "trixie-security"]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """The archive's key, pinned."""
    made = Signer(MADE)
    made.install(tmp_path)
    return made


def documents(signer: Signer, **changed: bytes) -> dict[str, bytes]:
    """Return the documents of 2026-11-22; *changed* by the suite's name, ``_`` for its dash."""
    found = {"series": CSV, "bullseye-security": (HERE / "debian" / "bullseye-security.InRelease").read_bytes()}
    for suite in SUITES:
        found.setdefault(suite, sign(release(suite), signer) if suite not in found else b"")
    return found | {name.replace("_", "-"): body for name, body in changed.items()}


async def read(tmp_path: Path, given: dict[str, bytes], now: datetime = NOW) -> dict[str, Release]:
    """Return line → release of documents that are verified first."""
    believed = await debian.verify(given, Pages({}, tmp_path, "debian"), now)
    return {r.line: r for r in debian.releases(believed)}


def test_the_suites_of_interest_were_supported_when_the_newest_came_out() -> None:
    """Not buster, which had ended by then; no sid and no testing, which have no day of release."""
    urls = debian.more({"series": CSV})
    assert list(urls) == SUITES
    assert urls["trixie"] == f"{ARCHIVE}/debian/dists/trixie/InRelease"
    assert urls["trixie-security"] == f"{ARCHIVE}/debian-security/dists/trixie-security/InRelease"


async def test_a_series_stands_at_its_point_release(tmp_path: Path, signer: Signer) -> None:
    """Version and Date of the InRelease, and the window of distro-info with the years of LTS."""
    found = await read(tmp_path, documents(signer))
    stated = {line: (str(r.version), str(r.published), str(r.supported_until)) for line, r in found.items()}
    assert stated == {
        "bullseye": ("11.11", "2025-08-09", "2026-08-31"),
        "bookworm": ("12.15", "2026-07-11", "2028-06-30"),
        "trixie": ("13.7", "2026-09-12", "2030-06-30"),
    }
    assert {line for line, r in found.items() if r.supported(NOW.date())} == {"bookworm", "trixie"}
    assert found["trixie"].supported_from == date(2025, 8, 9)


async def test_a_point_release_is_a_new_version(tmp_path: Path, signer: Signer) -> None:
    """12.15 is above 12.9: numbers, not letters."""
    older = documents(signer, bookworm=sign(release("bookworm", Version="12.9"), signer))
    before, after = await read(tmp_path, older), await read(tmp_path, documents(signer))
    assert before["bookworm"].version < after["bookworm"].version


async def test_what_is_built_for_is_served_by_both_suites(tmp_path: Path, signer: Signer) -> None:
    """Bookworm still has an armel, which gets no security updates any more; trixie is the last that has one."""
    believed = await debian.verify(documents(signer), Pages({}, tmp_path, "debian"), NOW)
    assert debian.architectures(believed, "bookworm") == [Arch.AMD64, Arch.AARCH64, Arch.ARMV7HF, Arch.I386]
    assert Arch.ARMV5E in debian.architectures(believed, "trixie")
    assert Arch.ARMV6 not in debian.architectures(believed, "trixie")


@pytest.mark.parametrize("suite", ["trixie", "trixie_security"])
async def test_an_unsigned_inrelease_leads_to_no_release(tmp_path: Path, signer: Signer, suite: str) -> None:
    """The document is the release: altered, by another key or bare, nothing of it is used."""
    name = suite.replace("_", "-")
    signed = documents(signer)[name]
    for body in (signed.replace(b"13", b"14", 1), sign(release(name), Signer(MADE)), release(name).encode()):
        with pytest.raises(SignatureError) as caught:
            await read(tmp_path, documents(signer, **{suite: body}))
        assert caught.value.url == debian.more({"series": CSV})[name]
    with pytest.raises(SourceError):
        debian.releases(documents(signer))


async def test_an_inrelease_past_its_valid_until_is_stale(tmp_path: Path, signer: Signer) -> None:
    """A mirror that stood still, or was made to: the genuine file of a week ago hides today's updates."""
    late = datetime.fromisoformat("2026-11-28T00:53:04+00:00")
    with pytest.raises(SourceError, match="was valid until 2026-11-28 00:53 UTC only: the copy is stale") as caught:
        await read(tmp_path, documents(signer), late)
    assert caught.value.field == "Valid-Until"
    assert await read(tmp_path, documents(signer), late.replace(second=1))


async def test_another_suites_inrelease_is_refused(tmp_path: Path, signer: Signer) -> None:
    """Well signed, and not what was asked for."""
    with pytest.raises(SourceError, match="is 'bookworm', not 'trixie'"):
        await read(tmp_path, documents(signer, trixie=sign(release("bookworm"), signer)))
    with pytest.raises(SourceError, match="is 'bookworm-security', not 'trixie-security'"):
        await read(tmp_path, documents(signer, trixie_security=sign(release("bookworm-security"), signer)))
    with pytest.raises(SourceError, match="is not of trixie, which is 13"):
        await read(tmp_path, documents(signer, trixie=sign(release("trixie", Version="12.16"), signer)))


async def test_a_suite_without_a_version_is_rolling(tmp_path: Path, signer: Signer) -> None:
    """Forky's day is announced while it is still testing: it is no release before its InRelease says so."""
    announced = CSV.replace(b"14,Forky,forky,2025-08-09", b"14,Forky,forky,2025-08-09,2027-08-07")
    assert "forky" in debian.more({"series": announced})
    assert "bullseye" not in debian.more({"series": announced})
    given = documents(signer, series=announced, forky=sign(release("forky"), signer), forky_security=b"")
    assert "forky" not in await read(tmp_path, given, datetime.fromisoformat("2026-11-01T00:00:00+00:00"))


async def test_an_archived_suite_stands_as_it_first_was(tmp_path: Path, signer: Signer) -> None:
    """It leaves the host after its end, and its end has still to be told; a supported one may not be away."""
    found = await read(tmp_path, documents(signer, bullseye=b"", bullseye_security=b""))
    assert (str(found["bullseye"].version), found["bullseye"].supported(NOW.date())) == ("11", False)
    with pytest.raises(NotPublished, match="although the line is supported"):
        await read(tmp_path, documents(signer, trixie=b""))


async def test_there_are_no_files_and_each_platform_has_its_reason(tmp_path: Path, signer: Signer) -> None:
    """Debian publishes packages only; what its security suite leaves out is told apart from what nobody builds."""
    urls, given = debian.more({"series": CSV}), documents(signer)
    pages = Pages({url: given[suite] for suite, url in urls.items()}, tmp_path, "debian")
    wanted = [Platform(Arch.AMD64, "glibc"), Platform(Arch.ARMV5E, "glibc"), Platform(Arch.ARMV6, "glibc")]
    wanted.append(Platform(Arch.AMD64, "musl"))
    offer = await debian.artifacts(Release("debian", "bookworm", Version("12.15"), date(2026, 7, 11)), wanted, pages)
    assert offer.artifacts == ()
    assert [reason for _, reason in offer.missing] == [
        "Debian publishes no root file system: the base image is its registry's",
        "bookworm-security has no armel",
        "Debian does not build for armv6/glibc",
        "Debian does not build for amd64/musl",
    ]


def test_the_nine_keys_of_three_releases_are_pinned() -> None:
    """Archive, security and stable keys of bullseye, bookworm and trixie."""
    assert len(keyring("debian")) == 9


def test_links_lead_to_debians_pages() -> None:
    """A point release has no page that its number names."""
    assert set(debian.links("13.6", "13.7")) == {"Releases", "Point releases"}
