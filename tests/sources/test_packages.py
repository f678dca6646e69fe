"""Package archives: which state they are in, and which versions of what is in our images they have."""

from __future__ import annotations

import gzip
import hashlib
import io
import lzma
import random
import shutil
import subprocess
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources import package_lists, packages
from sources.package_lists import order, read_apk, read_deb
from sources.packages import ARCHIVES
from state.errors import SignatureError, SourceError
from tests.sources.pages import Pages
from tests.sources.signed_suites import MADE, NOW, release, sign
from tests.upstream.signer import Signer

DEBIAN, ALPINE = ARCHIVES["debian"], ARCHIVES["alpine"]
URL = DEBIAN.url("trixie")
LIST = """Package: libssl-dev
Source: openssl
Version: 3.0.15-1
Priority: optional

Package: libc6
Source: glibc (2.36-9)
Version: 2.36-9+b1
Priority: optional
Essential: yes

Package: dpkg
Version: 1.21.22
Priority: required
Description: many
 lines

Package: wireshark
Version: 4.0.17-0
Priority: optional
"""
INDEX = """C:Q1abc
P:libcrypto3
V:3.3.2-r1
o:openssl
p:so:libcrypto.so.3=3.3.2

P:curl
V:8.11.0-r2
o:curl
D:so:libcrypto.so.3 !libcurl<8

P:busybox
V:1.37.0-r1
o:busybox
p:cmd:sh

P:firefox
V:130
o:firefox
"""


def packed(text: str) -> bytes:
    """A list as Debian publishes it."""
    return lzma.compress(text.encode())


def apk(text: str) -> bytes:
    """An index as Alpine publishes it: a signature, then the index, each packed by itself and joined."""

    def part(name: str, body: bytes, *, last: bool) -> bytes:
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=tarfile.USTAR_FORMAT) as archive:
            info = tarfile.TarInfo(name)
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
        whole = file.getvalue()
        return gzip.compress(whole if last else whole[: 512 + (len(body) + 511) // 512 * 512], mtime=0)

    return part(".SIGN.RSA.alpine-devel", b"x" * 512, last=False) + part("APKINDEX", text.encode(), last=True)


def suite(body: bytes, signer: Signer) -> bytes:
    """The head of a security suite that names the digest of its list."""
    digest = hashlib.sha256(body).hexdigest()
    sums = (
        f"SHA256:\n {'0' * 64} 1 main/binary-arm64/Packages.xz\n {digest} {len(body)} main/binary-amd64/Packages.xz\n"
    )
    return sign(release("trixie-security") + sums, signer)


def place(body: bytes) -> str:
    """Where a list lies by its digest."""
    folder = URL.removesuffix("InRelease") + "main/binary-amd64/by-hash/SHA256/"
    return folder + hashlib.sha256(body).hexdigest()


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """The archive's key, pinned."""
    made = Signer(MADE)
    made.install(tmp_path)
    return made


async def test_a_debian_archive_tells_its_state_and_its_versions(tmp_path: Path, signer: Signer) -> None:
    """The state is the Date of the signed head; the list comes by the digest that this gives it."""
    body = packed(LIST)
    fetch = Pages({place(body): body}, tmp_path, "debian")
    head = await packages.believed(DEBIAN, "trixie", suite(body, signer), fetch, NOW)
    assert packages.snapshot("debian", DEBIAN, "trixie", head) == "20261121T005303Z"
    found = await packages.versions(DEBIAN, "trixie", head, {"libssl-dev"}, fetch)
    # By source; installed, essential and required ones, nothing else. A source may have a version of its own.
    assert found == {"openssl": "3.0.15-1", "glibc": "2.36-9", "dpkg": "1.21.22"}


async def test_a_head_may_name_its_lists_by_sha512_alone(tmp_path: Path, signer: Signer) -> None:
    """Ubuntu's do since 26.10."""
    body = packed(LIST)
    digest = hashlib.sha512(body).hexdigest()
    sums = f"SHA512:\n {digest} {len(body)} main/binary-amd64/Packages.xz\n"
    there = place(body).rpartition("by-hash/")[0] + f"by-hash/SHA512/{digest}"
    fetch = Pages({there: body}, tmp_path, "debian")
    head = await packages.believed(DEBIAN, "trixie", sign(release("trixie-security") + sums, signer), fetch, NOW)
    assert (await packages.versions(DEBIAN, "trixie", head, (), fetch))["dpkg"] == "1.21.22"


async def test_a_head_that_nobody_known_signed_is_not_believed(tmp_path: Path, signer: Signer) -> None:
    """Neither is the state of a package archive."""
    body = suite(b"", Signer(MADE))
    with pytest.raises(SignatureError):
        await packages.believed(DEBIAN, "trixie", body, Pages({}, tmp_path, "debian"), NOW)
    assert await packages.believed(DEBIAN, "trixie", suite(b"", signer), Pages({}, tmp_path, "debian"), NOW)


async def test_a_list_that_is_not_the_one_of_the_head_is_refused(tmp_path: Path, signer: Signer) -> None:
    """What lies under a digest must have it, and a head must name the list."""
    body = packed(LIST)
    fetch = Pages({place(body): packed(LIST + "\n")}, tmp_path, "debian")
    head = await packages.believed(DEBIAN, "trixie", suite(body, signer), fetch, NOW)
    with pytest.raises(SourceError, match="is not what its name says"):
        await packages.versions(DEBIAN, "trixie", head, (), fetch)
    with pytest.raises(SourceError, match=r"SHA256: names no main/binary-amd64/Packages\.xz"):
        await packages.versions(DEBIAN, "trixie", head.replace(b"amd64/Packages.xz", b"amd64/Packages.gz"), (), fetch)


async def test_alpine_s_state_is_the_digest_of_its_index(tmp_path: Path) -> None:
    """The index holds the whole branch: what comes along with a package is followed."""
    body, fetch = apk(INDEX), Pages({}, tmp_path, "alpine")
    head = await packages.believed(ALPINE, "3.24", body, fetch, NOW)
    assert packages.snapshot("alpine", ALPINE, "3.24", head) == f"sha256:{hashlib.sha256(body).hexdigest()}"
    found = await packages.versions(ALPINE, "3.24", head, {"curl"}, fetch)
    assert found == {"curl": "8.11.0-r2", "openssl": "3.3.2-r1", "busybox": "1.37.0-r1"}


async def test_fedora_s_lists_are_not_read(tmp_path: Path) -> None:
    """That something moved is all that is known there."""
    fedora, fetch = ARCHIVES["fedora"], Pages({}, tmp_path, "fedora")
    assert await packages.versions(fedora, "44", b"<repomd/>", {"curl"}, fetch) == {}
    assert packages.snapshot("fedora", fedora, "44", b"<repomd/>").startswith("sha256:")


def test_what_is_urgent_differs_by_archive() -> None:
    """A first fix is one in an archive of fixes; Alpine's names everything; of Fedora's nothing is known."""
    was = {"openssl": "3.0.14-1"}
    for now, debian, alpine in (
        (was, False, False),
        ({}, False, False),
        ({"openssl": "3.0.15-1"}, True, True),
        (was | {"curl": "8.1"}, True, False),
    ):
        assert (DEBIAN.fixed(was, now, {}), ALPINE.fixed(was, now, {})) == (debian, alpine)
        assert not ARCHIVES["fedora"].fixed(was, now, {})


@pytest.mark.parametrize(
    ("have", "urgent"), [({"8.0", "8.1"}, True), ({"8.1"}, False), ({"8.2"}, False), (set(), True)]
)
def test_a_fix_that_images_have_already_is_not_urgent(have: set[str], urgent: bool) -> None:  # noqa: FBT001  (a parameter)
    """What came along with something else is known once images were built: then their versions decide."""
    assert DEBIAN.fixed({}, {"curl": "8.1"}, {"curl": have}) is urgent


def test_of_several_versions_the_highest_counts() -> None:
    """An archive may keep an older one beside it."""
    found: dict[str, str] = {}
    for version in ("3.0.15-1", "3.0.9-1", "3.0.15-1~bpo1"):
        read_deb("debian", URL, packed(f"Package: openssl\nVersion: {version}\n"), {"openssl"}, found)
    assert found == {"openssl": "3.0.15-1"}


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "is neither xz"),
        (packed(LIST)[:-20], "cut short: no end"),
        (packed("Package: openssl\nVersion: $(reboot)\n"), "is not a package and its version"),
        (packed("Package: openssl\n"), "is not a package and its version"),
    ],
)
def test_a_broken_list_is_refused_with_its_place(body: bytes, problem: str) -> None:
    """Nothing of it is used."""
    with pytest.raises(SourceError, match=problem) as caught:
        read_deb("debian", URL, body, {"openssl"}, {})
    assert (caught.value.source, caught.value.url) == ("debian", URL)


@pytest.mark.parametrize("body", [b"", b"<html>", apk("")[:60], gzip.compress(b"x" * 2000, mtime=0), apk("")])
def test_a_broken_index_is_refused_with_its_place(body: bytes) -> None:
    """Alpine's too."""
    with pytest.raises(SourceError, match=r"is not an index|is empty"):
        read_apk("alpine", URL, body, {"curl"})


def test_a_list_that_unpacks_to_more_than_any_archive_has_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb is cut off."""
    monkeypatch.setattr(package_lists, "_LIMIT", 1 << 20)
    with pytest.raises(SourceError, match=r"Memory usage limit|longer than"):
        read_deb("debian", URL, lzma.compress(b"\n" * (1 << 21)), (), {})
    with pytest.raises(SourceError, match="longer than"):
        read_apk("alpine", URL, apk("\n" * (1 << 21)), ())


@settings(max_examples=40)
@given(st.binary(max_size=200), st.integers(0, 1 << 32))
def test_whatever_a_list_holds_the_outcome_is_versions_or_an_error(junk: bytes, seed: int) -> None:
    """Mutated lists never raise anything else."""
    text, dice = bytearray(LIST.encode() + junk), random.Random(seed)
    for _ in range(dice.randrange(20)):
        text[dice.randrange(len(text))] = dice.randrange(256)
    body, index = lzma.compress(bytes(text), preset=0), apk(text.decode("latin-1"))
    for read in (
        lambda: read_deb("debian", URL, body, {"libssl-dev"}, {}),
        lambda: read_apk("debian", URL, index, {"libssl-dev"}),
        lambda: read_deb("debian", URL, bytes(text), {"libssl-dev"}, {}),
    ):
        with suppress(SourceError):
            read()


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("3.0.9-1", "3.0.15-1"),
        ("1.0~rc1-1", "1.0-1"),
        ("1.0-1~deb12u1", "1.0-1"),
        ("1.0-1", "1.0-1+deb12u1"),
        ("9:1.0", "10:0.1"),
        ("1.0", "1:0.1"),
        ("1.0a", "1.0+"),
        ("2.36-9", "2.36-9+b1"),
        ("1.2.3-r2", "1.2.3-r10"),
    ],
)
def test_versions_are_ordered_as_debian_orders_them(older: str, newer: str) -> None:
    """Numbers as numbers, a tilde before everything; where dpkg is installed it agrees."""
    assert order(older) < order(newer)
    if shutil.which("dpkg"):
        assert subprocess.run(["dpkg", "--compare-versions", older, "lt", newer], check=False).returncode == 0
