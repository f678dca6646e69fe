"""Who signed a list, with which key and when: real lists of upstream, and lists made to be refused."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources import signatures
from sources.signatures import clearsigned, keyring
from state.errors import KeyTooOld, SettingsError, SignatureError
from tests.sources.signed_suites import HERE, joined, sign
from tests.upstream.layout import BUNDLED
from tests.upstream.signer import Signer

URL = "https://nodejs.org/dist/v22.11.0/SHASUMS256.txt.asc"
MADE, EXPIRY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
EARLY, LATE = datetime(2020, 6, 1, tzinfo=UTC), datetime(2022, 6, 1, tzinfo=UTC)
LIST = f"{'a' * 64}  node-v22.11.0-linux-x64.tar.xz\n"


def recorded(version: str) -> bytes:
    """Return a bundled list."""
    return (BUNDLED / "shasums256" / f"v{version}.SHASUMS256.txt.asc").read_bytes()


async def refused(data: bytes, keys: signatures.Keyring) -> str:
    """Return why *data* is refused, naming source and URL."""
    with pytest.raises(SignatureError) as caught:
        await clearsigned(data, keys, "node", URL)
    assert (caught.value.source, caught.value.url) == ("node", URL)
    return caught.value.problem


async def test_a_list_of_upstream_verifies() -> None:
    """Only the signed text comes back, with the primary key's fingerprint and the time of signing."""
    signed = await clearsigned(recorded("22.11.0"), keyring("node"), "node", URL)
    assert signed.fingerprint == "C82FA3AE1CBEDC6BE46B9360C43CEC45C17AB93C"
    assert signed.signed_at.isoformat() == "2024-10-29T14:02:59+00:00"
    assert signed.text.startswith(b"1bbf7e632ea55eab")
    assert b"PGP" not in signed.text
    assert len(signed.text.splitlines()) == 41


def test_all_release_keys_are_shipped() -> None:
    """The pinned set is the file names: 29 keys of Node's releasers."""
    assert len(keyring("node")) == 29


async def test_text_around_the_signed_part_is_not_handed_on() -> None:
    """Whoever can write before or after the armor adds nothing to the list."""
    evil = b"b" * 64 + b"  node-v22.11.0-linux-x64.tar.xz\n"
    signed = await clearsigned(evil + recorded("22.11.0") + evil, keyring("node"), "node", URL)
    assert evil not in signed.text
    assert len(signed.text.splitlines()) == 41


async def test_an_altered_list_is_refused() -> None:
    """One digit: and the real sample, whose text is not what was signed."""
    altered = recorded("22.11.0").replace(b"1bbf7e63", b"1bbf7e64", 1)
    assert "is not what key C43CEC45C17AB93C signed" in await refused(altered, keyring("node"))
    assert "is not what key 20B1A390B168D356 signed" in await refused(recorded("26.3.0"), keyring("node"))


@pytest.mark.parametrize(("version", "expired"), [("26.5.1", "2026-07-08"), ("16.20.0", "2023-03-26")])
async def test_a_signature_after_the_keys_expiry_waits_for_a_newer_key(version: str, expired: str) -> None:
    """Genuine, but our copy of the key cannot vouch for that time: refresh the keys."""
    with pytest.raises(KeyTooOld, match=f"after our copy of key .* expired on {expired}: refresh the keys"):
        await clearsigned(recorded(version), keyring("node"), "node", URL)


@pytest.mark.parametrize("version", ["20.18.0", "10.24.1"])
async def test_a_signature_before_the_keys_expiry_holds_for_ever(version: str) -> None:
    """Gpgv says EXPKEYSIG for old lists, 10.24.1 names a retired subkey's earlier expiry too: both are good."""
    assert (await clearsigned(recorded(version), keyring("node"), "node", URL)).text


async def test_an_expiry_is_judged_by_the_time_of_signing(tmp_path: Path) -> None:
    """The same expired key: good before, too old after; a copy of it with a later expiry is good again."""
    signer = Signer(MADE, EXPIRY)
    signer.install(tmp_path)
    assert (await clearsigned(signer.sign(LIST, EARLY), keyring("node", tmp_path), "node", URL)).signed_at == EARLY
    with pytest.raises(KeyTooOld):
        await clearsigned(signer.sign(LIST, LATE), keyring("node", tmp_path), "node", URL)
    Signer(MADE, None, secret=signer.secret).install(tmp_path)
    assert (await clearsigned(signer.sign(LIST, LATE), keyring("node", tmp_path), "node", URL)).signed_at == LATE


async def test_a_key_of_the_extra_folder_is_pinned_too(tmp_path: Path) -> None:
    """A new releaser's key is trusted as soon as its file is put there, and not before."""
    signer = Signer(MADE)
    data = signer.sign(LIST, EARLY)
    assert await refused(data, keyring("node", tmp_path)) == (
        f"the unknown key {signer.fingerprint[-16:]} signed it: pending review"
    )
    signer.install(tmp_path)
    signed = await clearsigned(data, keyring("node", tmp_path), "node", URL)
    assert (signed.text.decode(), signed.fingerprint) == (LIST, signer.fingerprint)


async def test_a_key_under_another_keys_name_is_not_trusted(tmp_path: Path) -> None:
    """The name is what a person pinned: the key inside has to be that one."""
    trusted, other = Signer(MADE), Signer(MADE)
    (tmp_path / f"{trusted.fingerprint}.asc").write_text(other.public())
    assert f"unknown key {other.fingerprint}" in await refused(other.sign(LIST, EARLY), keyring("node", tmp_path))


async def test_only_one_signed_text_is_taken(tmp_path: Path) -> None:
    """None, two in a row, or a second signature block: all refused before gpgv is asked."""
    signer = Signer(MADE)
    signer.install(tmp_path)
    keys, one = keyring("node", tmp_path), signer.sign(LIST, EARLY)
    for data in (b"", LIST.encode(), b"<html></html>", one + one, one + b"-----BEGIN PGP SIGNATURE-----\n", one[:150]):
        assert await refused(data, keys) == "is not one clear-signed text"


@pytest.mark.parametrize("byte", [b"\0", b"\f", b"\xff", b"x" * 2000])
async def test_bytes_that_gpg_may_show_otherwise_than_it_digests_are_refused(tmp_path: Path, byte: bytes) -> None:
    """See https://gpg.fail: a list is printable and its lines are short."""
    signer = Signer(MADE)
    signer.install(tmp_path)
    data = signer.sign(LIST, EARLY).replace(b"  node", byte + b"  node")
    assert await refused(data, keyring("node", tmp_path)) == "holds bytes that no list has"


async def test_a_text_without_its_armor_is_refused(tmp_path: Path) -> None:
    """A signature block with nothing in it is no signature."""
    signer = Signer(MADE)
    signer.install(tmp_path)
    head, _, _ = signer.sign(LIST, EARLY).partition(b"-----BEGIN PGP SIGNATURE-----")
    empty = head + b"-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n"
    assert await refused(empty, keyring("node", tmp_path)) == "carries no good signature"


def judged(*lines: str) -> tuple[str, datetime]:
    """Judge status lines as gpgv would write them."""
    place = signatures.Place("node", URL)
    return signatures._judge([line.split() for line in lines], {"B" * 40: b""}, place)


VALID = f"VALIDSIG {'A' * 40} 2020-06-01 {int(EARLY.timestamp())} 0 4 0 1 8 01 {'B' * 40}"


def test_a_subkey_vouches_for_its_primary_key() -> None:
    """The pinned fingerprint is the primary's, whichever part of the key signed."""
    assert judged("PLAINTEXT 74 0", "NEWSIG", "GOODSIG A x", VALID) == ("B" * 40, EARLY)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("REVKEYSIG A x", "has expired, or its key was revoked"),
        ("EXPSIG A x", "has expired, or its key was revoked"),
        ("BADSIG A x", "not what key A signed"),
        ("ERRSIG A 22 2 01 1 5", "cryptography that is refused"),
        ("ERRSIG A 22 8 01 1 9", "unknown key A signed it: pending review"),
        ("NODATA 1", "no good signature"),
    ],
)
def test_no_other_word_of_gpgv_is_good(line: str, said: str) -> None:
    """A revoked key, an expired signature, weak cryptography: refused although the mathematics may hold."""
    with pytest.raises(SignatureError, match=said):
        judged("PLAINTEXT 74 0", "NEWSIG", line, VALID)


@pytest.mark.parametrize("order", [(0, 1), (1, 0), (0, 0)])
async def test_one_good_signature_of_several_is_enough(tmp_path: Path, order: tuple[int, int]) -> None:
    """Debian signs with the keys of two releases: whichever of them is pinned here vouches."""
    signers = (Signer(MADE), Signer(MADE))
    signers[0].install(tmp_path)
    signed = await clearsigned(sign(LIST, *(signers[n] for n in order), when=EARLY), keyring("x", tmp_path), "x", URL)
    assert (signed.text.decode(), signed.fingerprint) == (LIST, signers[0].fingerprint)


async def test_an_inrelease_of_debian_verifies() -> None:
    """Two signatures, by the security keys of bullseye and bookworm."""
    data = (HERE / "debian" / "bullseye-security.InRelease").read_bytes()
    both = keyring("debian")
    first, second = "AC530D520F2F3269F5E98313A48449044AAD5C5D", "05AB90340C0C5E797F44A8C8254CF3B5AEC0A8F0"
    assert (await clearsigned(data, both, "debian", URL)).fingerprint == first
    assert (await clearsigned(data, {second: both[second]}, "debian", URL)).fingerprint == second
    assert (await clearsigned(data, both, "debian", URL)).text.startswith(b"Origin: Debian\n")


async def test_a_bad_signature_beside_a_good_one_is_refused(tmp_path: Path) -> None:
    """One of the signers signed something else: then nothing is believed."""
    signers = (Signer(MADE), Signer(MADE))
    for signer in signers:
        signer.install(tmp_path)
    mixed = joined(signers[0].sign(LIST, EARLY), signers[1].sign(LIST.replace("a", "b"), EARLY))
    assert "is not what key" in await refused(mixed, keyring("node", tmp_path))


async def test_several_signatures_of_which_none_is_good_say_the_likeliest_cure(tmp_path: Path) -> None:
    """Both unknown; or one too old, which newer keys would cure."""
    old, unknown = Signer(MADE, EXPIRY), Signer(MADE)
    data = sign(LIST, unknown, old, when=LATE)
    assert "pending review" in await refused(data, keyring("node", tmp_path))
    old.install(tmp_path)
    with pytest.raises(KeyTooOld):
        await clearsigned(data, keyring("node", tmp_path), "node", URL)


def test_where_only_the_primary_key_expires_its_expiry_counts() -> None:
    """Gpgv says 0 for the subkey itself then."""
    before = str(int(MADE.timestamp()))
    with pytest.raises(KeyTooOld, match="2020-01-01"):
        judged("PLAINTEXT 1 0", "NEWSIG", f"KEYEXPIRED {before}", "KEYEXPIRED 0", "SIG_ID x", "EXPKEYSIG A x", VALID)


async def test_without_gpgv_a_person_is_told_what_to_install() -> None:
    """It is a matter of the machine, not of the upstream."""
    with pytest.raises(SettingsError, match="install the package gpgv"):
        await clearsigned(recorded("22.11.0"), keyring("node"), "node", URL, program="gpgv-is-not-here")


@pytest.mark.parametrize(
    ("name", "text"),
    [("releaser.asc", "x"), (f"{'A' * 40}.asc", "x"), (f"{'A' * 40}.asc", Signer(MADE).public()[:300])],
)
def test_a_key_file_that_is_none_is_a_matter_of_the_settings(tmp_path: Path, name: str, text: str) -> None:
    """A wrong name, or no armored key inside: said with the path."""
    (tmp_path / name).write_text(text)
    with pytest.raises(SettingsError, match=name):
        keyring("node", tmp_path)


async def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The keyring file of a verification is gone after it, refused or not."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    await clearsigned(recorded("22.11.0"), keyring("node"), "node", URL)
    await refused(recorded("26.3.0"), keyring("node"))
    assert list(tmp_path.iterdir()) == []
