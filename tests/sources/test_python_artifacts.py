"""Python's tarball: which signature proves it, and what a release waits for."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sources import proofs, python, python_signers
from sources.signatures import keyring
from state.errors import NotPublished, SignatureError, SourceError
from state.model import Arch, Platform, Release, Version
from tests.sources.pages import Pages
from tests.sources.sigstore_world import Sigstore
from tests.upstream.signer import Signer

DAY = datetime(2025, 4, 8, tzinfo=UTC)
FILE = b"stands in for a tarball"
DIGEST = hashlib.sha256(FILE).digest()
HUGO, GITHUB = "hugo@python.org", "https://github.com/login/oauth"
WANTED = [Platform(Arch.AMD64, "glibc"), Platform(Arch.ARMV5E, "glibc"), Platform(Arch.I386, "musl")]


def url(version: str, suffix: str = "") -> str:
    """Return where the tarball lies."""
    return f"https://www.python.org/ftp/python/{version}/Python-{version}.tar.xz{suffix}"


def release(version: str) -> Release:
    """Return a release to look the file up of."""
    return Release("python", version.rpartition(".")[0], Version(version), date(2025, 4, 8))


def pages(version: str, suffix: str, body: bytes, keys: Path | None = None) -> Pages:
    """Return a network with the tarball of *version* and one proof beside it."""
    return Pages({url(version): FILE, url(version, suffix): body}, keys, "python")


@pytest.fixture
def signer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Signer:
    """A release manager of 3.13 whose key is pinned in the extra folder."""
    made = Signer(DAY)
    made.install(tmp_path / "keys")
    monkeypatch.setitem(python_signers._OPENPGP, "3.13", made.fingerprint)
    return made


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sigstore:
    """A sigstore that is trusted in the place of the public one."""
    made = Sigstore()
    verifier = made.verifier(tmp_path)
    monkeypatch.setattr(proofs, "_verifier", lambda: verifier)
    return made


async def test_one_signed_tarball_serves_every_platform(signer: Signer, tmp_path: Path) -> None:
    """Downloaded once, its signature checked, its digest taken: python.org publishes none of its own."""
    network = pages("3.13.3", ".asc", signer.detach(FILE, DAY), tmp_path / "keys")
    offer = await python.artifacts(release("3.13.3"), WANTED, network)
    assert [a.platform for a in offer.artifacts] == WANTED
    assert {(a.url, a.checksum.digest, a.verified, a.signed) for a in offer.artifacts} == {
        (url("3.13.3"), DIGEST.hex(), f"signed by {signer.fingerprint}", True)
    }
    assert offer.missing == ()


async def test_what_a_signature_proved_is_not_downloaded_again(signer: Signer, tmp_path: Path) -> None:
    """A second look asks for the signature only; another signature is another file."""
    network = pages("3.13.4", ".asc", signer.detach(FILE, DAY), tmp_path / "keys")
    first = await python.artifacts(release("3.13.4"), WANTED, network)
    network.asked.clear()
    assert await python.artifacts(release("3.13.4"), WANTED, network) == first
    assert network.asked == [url("3.13.4", ".asc")]
    network.pages = {url("3.13.4"): b"x", url("3.13.4", ".asc"): signer.detach(b"x", DAY)}
    assert (await python.artifacts(release("3.13.4"), WANTED, network)).artifacts != first.artifacts


async def test_an_altered_tarball_is_refused(signer: Signer, tmp_path: Path) -> None:
    """The signature is genuine, and over another file."""
    network = pages("3.13.3", ".asc", signer.detach(b"another", DAY), tmp_path / "keys")
    with pytest.raises(SignatureError, match="not what key"):
        await python.artifacts(release("3.13.3"), WANTED, network)


@pytest.mark.parametrize(("day", "good"), [(date(2025, 4, 15), True), (date(2025, 4, 16), False)])
async def test_an_older_releases_file_is_found_out(signer: Signer, tmp_path: Path, day: date, good: bool) -> None:  # noqa: FBT001
    """No signature names a version, but managers sign within the week of the release."""
    network = pages("3.13.3", ".asc", signer.detach(FILE, DAY), tmp_path / "keys")
    looked_up = python.artifacts(replace(release("3.13.3"), published=day), WANTED, network)
    if good:
        assert (await looked_up).artifacts
    else:
        with pytest.raises(SignatureError, match="was signed on 2025-04-08, long before its release"):
            await looked_up


async def test_an_older_releases_bundle_is_found_out(world: Sigstore) -> None:
    """The same for sigstore, whose certificates live ten minutes."""
    body = json.dumps(world.bundle(DIGEST, HUGO, GITHUB)).encode()
    late = replace(release("3.14.7"), published=date(2026, 8, 5))
    with pytest.raises(SignatureError, match="was signed on 2026-06-10, long before its release"):
        await python.artifacts(late, WANTED, pages("3.14.7", ".sigstore", body))


async def test_another_lines_manager_does_not_sign(signer: Signer, tmp_path: Path) -> None:
    """A pinned key is pinned for its lines."""
    other = Signer(DAY)
    other.install(tmp_path / "keys")
    network = pages("3.13.3", ".asc", other.detach(FILE, DAY), tmp_path / "keys")
    with pytest.raises(SignatureError, match="unknown key"):
        await python.artifacts(release("3.13.3"), WANTED, network)


async def test_since_3_14_a_bundle_proves_the_digest(world: Sigstore) -> None:
    """The cycle's manager signed it by sigstore; nothing but the bundle is downloaded."""
    body = json.dumps(world.bundle(DIGEST, HUGO, GITHUB)).encode()
    network = pages("3.14.6", ".sigstore", body)
    offer = await python.artifacts(release("3.14.6"), WANTED, network)
    assert {(a.checksum.digest, a.verified, a.signed) for a in offer.artifacts} == {
        (DIGEST.hex(), f"sigstore {HUGO}", True)
    }
    assert (len(offer.artifacts), network.asked) == (3, [url("3.14.6", ".sigstore")])


@pytest.mark.parametrize(("identity", "issuer"), [("eve@python.org", GITHUB), (HUGO, "https://accounts.google.com")])
async def test_a_bundle_of_somebody_else_is_refused(world: Sigstore, identity: str, issuer: str) -> None:
    """Anybody can sign by sigstore: address and issuer have to be the cycle's."""
    body = json.dumps(world.bundle(DIGEST, identity, issuer)).encode()
    with pytest.raises(SignatureError, match="is refused by sigstore"):
        await python.artifacts(release("3.14.6"), WANTED, pages("3.14.6", ".sigstore", body))


async def test_a_bundle_of_another_sigstore_is_refused() -> None:
    """The shipped trust root is the public instance's, and knows no other authority."""
    body = json.dumps(Sigstore().bundle(DIGEST, HUGO, GITHUB)).encode()
    with pytest.raises(SignatureError, match="is refused by sigstore"):
        await python.artifacts(release("3.14.6"), WANTED, pages("3.14.6", ".sigstore", body))


async def test_a_bundle_over_another_digest_is_refused(world: Sigstore) -> None:
    """What it says that it is about, and what was signed, are the same."""
    bundle = world.bundle(DIGEST, HUGO, GITHUB)
    bundle["messageSignature"]["messageDigest"]["digest"] = base64.b64encode(hashlib.sha256(b"x").digest()).decode()
    with pytest.raises(SignatureError, match="is refused by sigstore: Signature is invalid"):
        await python.artifacts(release("3.14.6"), WANTED, pages("3.14.6", ".sigstore", json.dumps(bundle).encode()))


def without_checkpoint(bundle: dict[str, Any]) -> dict[str, Any]:
    """Return the bundle as 3.12.5's was: v0.1, not proved to be in the log."""
    material = bundle["verificationMaterial"]
    bundle["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1"
    material["x509CertificateChain"] = {"certificates": [material.pop("certificate")]}
    del material["tlogEntries"][0]["inclusionProof"]["checkpoint"]
    return bundle


async def test_an_old_bundle_is_refused_by_name(world: Sigstore) -> None:
    """Sigstore 4 wants a proof that the log holds the entry; without the OpenPGP key the release waits for both."""
    bundle = without_checkpoint(world.bundle(DIGEST, "pablogsal@python.org", "https://accounts.google.com"))
    body = json.dumps(bundle).encode()
    offer = await python.artifacts(release("3.11.10"), WANTED, pages("3.11.10", ".sigstore", body))
    assert (offer.artifacts, [p for p, _ in offer.missing]) == ((), WANTED)
    assert {reason for _, reason in offer.missing} == {
        (
            "OpenPGP key A035C8C19219BA821ECEA86B64E628F8D684696D is not among our keys, and "
            f"{url('3.11.10', '.sigstore')} is refused by sigstore: entry must contain inclusion proof, with checkpoint"
        )
    }


async def test_without_the_openpgp_key_a_good_bundle_will_do(world: Sigstore) -> None:
    """Up to 3.13 upstream offers both."""
    body = json.dumps(world.bundle(DIGEST, "pablogsal@python.org", "https://accounts.google.com")).encode()
    offer = await python.artifacts(release("3.11.15"), WANTED, pages("3.11.15", ".sigstore", body))
    assert {a.verified for a in offer.artifacts} == {"sigstore pablogsal@python.org"}


def test_the_key_of_3_12_and_3_13_is_shipped() -> None:
    """It vouches for what was signed until 2030-08-04; that of 3.10 and 3.11 was not to be had."""
    assert list(keyring("python")) == ["7169605F62C751356D054A26A821E680E5FA6305"]


async def test_a_line_whose_signer_we_do_not_know_waits_for_review() -> None:
    """A new cycle has a new manager: a person enters who that is."""
    offer = await python.artifacts(release("3.18.0"), WANTED, Pages({}, source="python"))
    assert {reason for _, reason in offer.missing} == {"who signs Python 3.18 is not known to us: pending review"}


async def test_a_release_without_its_proof_is_not_published() -> None:
    """The list is ahead of the files at times."""
    with pytest.raises(NotPublished):
        await python.artifacts(release("3.14.6"), WANTED, Pages({}, source="python"))


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"algorithm": "SHA2_512"}, "is not SHA2_256"),
        ({"digest": "AAAA"}, "is not a digest"),
        ({"digest": "é"}, "is not a digest"),
        ({"digest": 7}, "is not a string"),
    ],
)
async def test_a_strange_bundle_is_named(world: Sigstore, change: dict[str, Any], problem: str) -> None:
    """The place inside of it too."""
    bundle = world.bundle(DIGEST, HUGO, GITHUB)
    bundle["messageSignature"]["messageDigest"] |= change
    with pytest.raises(SourceError, match=problem) as caught:
        await python.artifacts(release("3.14.6"), WANTED, pages("3.14.6", ".sigstore", json.dumps(bundle).encode()))
    assert caught.value.field == f"messageSignature.messageDigest.{next(iter(change))}"
