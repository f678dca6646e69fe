"""Ubuntu's documents and its signed lists of root file systems."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sources import ubuntu
from sources.signatures import keyring
from state.errors import NotPublished, SignatureError, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages
from tests.sources.signed_suites import EARLY, HERE, MADE
from tests.upstream.signer import Signer

CSV = (HERE / "ubuntu" / "ubuntu.csv").read_bytes()
META = (HERE / "ubuntu" / "meta-release").read_bytes()
SUMS = (HERE / "ubuntu" / "SHA256SUMS").read_bytes()
LIST = "https://cdimage.ubuntu.com/ubuntu-base/releases/24.04/release/SHA256SUMS"
AMD64, ARM64, ARMHF = (Platform(a, "glibc") for a in (Arch.AMD64, Arch.AARCH64, Arch.ARMV7HF))


def read(csv: bytes = CSV, meta: bytes = META) -> dict[str, Release]:
    """Return line → release."""
    return {r.line: r for r in ubuntu.releases({"series": csv, "meta": meta})}


def stanza(dist: str = "noble", version: str = "24.04.3 LTS", day: str = "Thu, 25 April 2024 00:24:04 UTC") -> bytes:
    """Return one stanza of meta-release."""
    return f"Dist: {dist}\nName: Noble Numbat\nVersion: {version}\nDate: {day}\nSupported: 1\n".encode()


def refusal(csv: bytes = CSV, meta: bytes = META) -> SourceError:
    """Return the error that these documents meet."""
    with pytest.raises(SourceError) as caught:
        read(csv, meta)
    assert caught.value.source == "ubuntu"
    return caught.value


def test_the_documents_of_2018_give_the_point_releases() -> None:
    """Trailing blanks (``hardy ``), ``21 April 2016``, ``9:00:00``: as upstream wrote them."""
    found = read()
    assert {line: str(r.version) for line, r in found.items() if r.version.text.count(".") > 1} == {
        "hardy": "8.04.1",
        "lucid": "10.04.4",
        "precise": "12.04.5",
        "trusty": "14.04.5",
        "xenial": "16.04.4",
    }
    assert (found["xenial"].published, found["dapper"].published) == (date(2016, 4, 21), date(2006, 6, 1))
    assert str(found["bionic"].version) == "18.04"  # meta-release has an LTS at its .1 only


def test_the_window_is_that_of_the_standard_support() -> None:
    """The server's where it is longer; not the paid years, in which meta-release goes on to say Supported: 1."""
    found = read()
    assert (found["dapper"].supported_until, found["xenial"].supported_until) == (date(2011, 6, 1), date(2021, 4, 30))
    assert {line for line, r in found.items() if r.supported(date(2026, 11, 22))} == {
        "jammy",
        "noble",
        "resolute",
        "stonking",
    }
    assert (found["noble"].lts, found["stonking"].lts) == ("Noble Numbat", "")


def test_a_new_point_release_is_above_all_before_it() -> None:
    """24.04.10 comes after 24.04.9."""
    nine, ten = (read(meta=stanza(version=f"24.04.{n} LTS"))["noble"] for n in (9, 10))
    assert nine.version < ten.version
    assert (str(ten.version), ten.published) == ("24.04.10", date(2024, 4, 25))


def test_a_series_that_is_only_planned_is_not_supported_yet() -> None:
    """Distro-info has 26.10 half a year before it comes."""
    assert not read()["stonking"].supported(date(2026, 10, 14))
    assert read()["stonking"].supported(date(2026, 10, 15))


def test_old_numbers_with_a_leading_zero_are_the_same() -> None:
    """Warty is 04.10 in meta-release, and 4.10 everywhere else."""
    assert str(read(meta=stanza("warty", "04.10", "Wed, 20 Oct 2004 07:28:17 UTC"))["warty"].version) == "4.10"


def test_a_series_that_distro_info_lacks_is_passed_over() -> None:
    """Its window is not known: the next release of distro-info has it."""
    assert "zany" not in read(meta=stanza() + b"\n" + stanza("zany", "27.04"))


@pytest.mark.parametrize(
    ("meta", "problem"),
    [
        (stanza(version="22.04.3 LTS"), "22.04.3 is not of noble, which is 24.04"),
        (stanza(version="24.041"), "is not a version"),
        (stanza(version="24.04.3 ESM"), "is not a version"),
        (stanza(day="2024-04-25"), "is not a time"),
        (stanza() + b"\n" + stanza(version="24.04.4 LTS"), "has 'noble' a second time"),
        (b"Dist: noble\nVersion: 24.04\n", "is not a string"),
        (b"<html></html>", "is not a field and a value"),
        (b"", "names no release"),
    ],
)
def test_a_meta_release_that_makes_no_sense_is_refused(meta: bytes, problem: str) -> None:
    """The URL and the place are named."""
    error = refusal(meta=meta)
    assert error.url == ubuntu.DOCUMENTS["meta"]
    assert problem in error.problem


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """The key of cdimage, pinned."""
    made = Signer(MADE)
    made.install(tmp_path)
    return made


def noble(version: str = "24.04.3") -> Release:
    """Return a release to look the files up of."""
    return Release("ubuntu", "noble", Version(version), date(2024, 4, 25))


async def test_a_root_file_system_is_that_of_the_point_release(tmp_path: Path, signer: Signer) -> None:
    """The list holds several beside each other, and writes a star before each name."""
    pages = Pages({LIST: SUMS, f"{LIST}.gpg": signer.detach(SUMS, EARLY)}, tmp_path, "ubuntu")
    wanted = [AMD64, ARM64, ARMHF, Platform(Arch.I386, "glibc"), Platform(Arch.AMD64, "musl")]
    offer = await ubuntu.artifacts(noble(), wanted, pages)
    assert [a.url.rpartition("/")[2] for a in offer.artifacts] == [
        "ubuntu-base-24.04.3-base-amd64.tar.gz",
        "ubuntu-base-24.04.3-base-arm64.tar.gz",
        "ubuntu-base-24.04.3-base-armhf.tar.gz",
    ]
    first = offer.artifacts[0]
    assert first.url.startswith("https://cdimage.ubuntu.com/ubuntu-base/releases/24.04/release/")
    assert first.checksum.digest == "6bc2cde3930ad088b3bb46fa45279e96d25bc3810f209850ecbe4722711874f9"
    assert (first.verified, first.signed) == (f"signed by {signer.fingerprint}", True)
    assert [reason for _, reason in offer.missing] == [
        "Ubuntu has no i386 base after bionic",
        "Ubuntu does not build for amd64/musl",
    ]


async def test_a_point_release_without_files_waits(tmp_path: Path, signer: Signer) -> None:
    """Meta-release may be ahead of cdimage: another point release's file is not taken in its place."""
    pages = Pages({LIST: SUMS, f"{LIST}.gpg": signer.detach(SUMS, EARLY)}, tmp_path, "ubuntu")
    offer = await ubuntu.artifacts(noble("24.04.5"), [AMD64], pages)
    assert offer.missing == ((AMD64, "ubuntu-base has no amd64 of 24.04.5 yet"),)


async def test_an_unverified_list_gives_no_file(tmp_path: Path, signer: Signer) -> None:
    """Altered, by another key, or without its signature."""
    good = signer.detach(SUMS, EARLY)
    for body, signature in ((SUMS.replace(b"6bc2", b"6bc3"), good), (SUMS, Signer(MADE).detach(SUMS, EARLY))):
        with pytest.raises(SignatureError):
            await ubuntu.artifacts(noble(), [AMD64], Pages({LIST: body, f"{LIST}.gpg": signature}, tmp_path, "ubuntu"))
    with pytest.raises(NotPublished):
        await ubuntu.artifacts(noble(), [AMD64], Pages({LIST: SUMS}, tmp_path, "ubuntu"))


async def test_one_digest_under_two_names_is_refused(tmp_path: Path, signer: Signer) -> None:
    """One of the two files carries the other's by mistake."""
    body = f"{'a' * 64} *ubuntu-base-24.04.3-base-amd64.tar.gz\n{'a' * 64} *ubuntu-base-24.04.3-base-arm64.tar.gz\n"
    pages = Pages({LIST: body.encode(), f"{LIST}.gpg": signer.detach(body.encode(), EARLY)}, tmp_path, "ubuntu")
    with pytest.raises(SourceError, match="has the same digest"):
        await ubuntu.artifacts(noble(), [AMD64, ARM64], pages)


def test_the_keys_of_cdimage_and_of_the_archive_are_pinned_and_no_other() -> None:
    """The automatic signing keys of 2012 and 2018."""
    assert set(keyring("ubuntu")) == {
        "843938DF228D22F7B3742BC0D94AA3F0EFE21092",
        "F6ECB3762474EDA9D21B7022871920D1991BC93C",
    }


def test_links_lead_to_the_notes_of_the_series() -> None:
    """They list its point releases."""
    links = ubuntu.links("24.04.2", "24.04.3")
    assert links == {"Release notes": "https://documentation.ubuntu.com/release-notes/24.04/"}
