"""Signatures that lie beside a file: who made them, and which are refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.signatures import detached, keyring
from state.errors import KeyTooOld, SettingsError, SignatureError
from tests.upstream.signer import Signer

URL = "https://dl.google.com/go/go1.27.0.linux-amd64.tar.gz.asc"
MADE, EXPIRY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
EARLY, LATE = datetime(2020, 6, 1, tzinfo=UTC), datetime(2022, 6, 1, tzinfo=UTC)
BODY = bytes(range(256)) * 300


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of all bytes."""
    made = tmp_path / "file"
    made.write_bytes(BODY)
    return made


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    """One whose key is pinned."""
    made = Signer(MADE, EXPIRY)
    made.install(tmp_path / "keys")
    return made


async def test_a_signature_over_the_file_holds(file: Path, signer: Signer, tmp_path: Path) -> None:
    """Who and when; no text comes with it."""
    signed = await detached(file, signer.detach(BODY, EARLY), keyring("go", tmp_path / "keys"), "go", URL)
    assert (signed.text, signed.fingerprint, signed.signed_at) == (b"", signer.fingerprint, EARLY)


async def test_a_signature_need_not_be_armored(file: Path, signer: Signer, tmp_path: Path) -> None:
    """Some upstreams write the packets as they are (``.sig``)."""
    packets = base64.b64decode(b"".join(signer.detach(BODY, EARLY).partition(b"\n\n")[2].split(b"-----")[0].split()))
    signed = await detached(file, packets, keyring("go", tmp_path / "keys"), "go", URL)
    assert signed.fingerprint == signer.fingerprint


async def test_an_altered_file_is_refused(file: Path, signer: Signer, tmp_path: Path) -> None:
    """One byte more."""
    file.write_bytes(BODY + b"\0")
    with pytest.raises(SignatureError, match="is not what key") as caught:
        await detached(file, signer.detach(BODY, EARLY), keyring("go", tmp_path / "keys"), "go", URL)
    assert (caught.value.source, caught.value.url) == ("go", URL)


async def test_an_unknown_key_is_pending_review(file: Path) -> None:
    """The shipped keys do not hold this one."""
    with pytest.raises(SignatureError, match=r"unknown key .*: pending review"):
        await detached(file, Signer(MADE).detach(BODY, EARLY), keyring("go"), "go", URL)


async def test_an_expiry_is_judged_by_the_time_of_signing(file: Path, signer: Signer, tmp_path: Path) -> None:
    """As for lists: good before, too old after."""
    with pytest.raises(KeyTooOld, match="refresh the keys"):
        await detached(file, signer.detach(BODY, LATE), keyring("go", tmp_path / "keys"), "go", URL)


async def test_nothing_but_signatures_is_handed_to_gpgv(file: Path, signer: Signer, tmp_path: Path) -> None:
    """A signed message verifies over its own text, whatever the file is: refused before gpgv sees it."""
    good = signer.detach(BODY, EARLY)
    head, armor, tail = good.partition(b"\n\n")
    packet = base64.b64decode(b"".join(tail.split(b"-----")[0].split()))
    literal = b"\xcb\x08b\0\0\0\0\0xx"
    forms = [
        b"",
        BODY,
        signer.sign("text\n", EARLY),
        good + good,
        good[:-40],
        good.replace(b"SIGNATURE", b"MESSAGE"),
        *(
            head + armor + base64.b64encode(packets) + b"\n-----END PGP SIGNATURE-----\n"
            for packets in (literal + packet, packet + literal, packet[:-1], packet + b"\0", b"\xc2\xff", b"\xc2" * 9)
        ),
    ]
    for form in forms:
        with pytest.raises(SignatureError, match="is not a detached signature"):
            await detached(file, form, keyring("go", tmp_path / "keys"), "go", URL)


async def test_a_second_signature_in_the_same_armor_is_taken_along(file: Path, signer: Signer, tmp_path: Path) -> None:
    """Ubuntu signs with two keys: one that is pinned is enough."""
    both = b""
    for one in (Signer(MADE).detach(BODY, EARLY), signer.detach(BODY, EARLY)):
        both += base64.b64decode(b"".join(one.partition(b"\n\n")[2].split(b"-----")[0].split()))
    armored = b"-----BEGIN PGP SIGNATURE-----\n\n" + base64.b64encode(both) + b"\n-----END PGP SIGNATURE-----\n"
    signed = await detached(file, armored, keyring("go", tmp_path / "keys"), "go", URL)
    assert signed.fingerprint == signer.fingerprint


@pytest.mark.parametrize(
    ("head", "size"),
    [
        (b"\x88\x64", 100),
        (b"\x89\x02\x33", 563),
        (b"\x8a\0\0\x02\x33", 563),
        (b"\xc2\x64", 100),
        (b"\xc2\xc1\x73", 563),
    ],
)
async def test_every_form_of_length_is_understood(
    file: Path, signer: Signer, tmp_path: Path, head: bytes, size: int
) -> None:
    """Upstream's RSA signatures have old headers of two octets: these get as far as gpgv, which finds no sense in them."""
    armored = b"-----BEGIN PGP SIGNATURE-----\n\n" + base64.b64encode(head + b"\x04" * size)
    with pytest.raises(SignatureError, match="carries no good signature"):
        await detached(file, armored + b"\n-----END PGP SIGNATURE-----\n", keyring("go", tmp_path / "keys"), "go", URL)


async def test_without_gpgv_a_person_is_told_what_to_install(file: Path, signer: Signer) -> None:
    """It is a matter of the machine."""
    with pytest.raises(SettingsError, match="install the package gpgv"):
        await detached(file, signer.detach(BODY, EARLY), keyring("go"), "go", URL, program="gpgv-is-not-here")
