"""Files that are proved one by one: by an OpenPGP signature over the file, or a sigstore bundle over its digest."""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import tempfile
import warnings
from dataclasses import replace
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from sources.signatures import Keyring, Place, detached, keyring
from sources.source import Fetch
from sources.strict import read_json
from state.errors import NotPublished, SourceError
from state.model import Artifact, Checksum, Proof

if TYPE_CHECKING:
    from sigstore.verify import Verifier

_SIGNATURE_LIMIT, _BUNDLE_LIMIT = 1 << 16, 1 << 20


async def openpgp(url: str, signature_url: str, keys: Keyring, fetch: Fetch) -> Proof:
    """Download *url* and check the detached signature over it that lies at *signature_url*, by one of *keys*.

    A signature fits one file only. What it has proved is remembered: else every poll in which another release
    waits would download 80 MB again. With other keys it has to prove it anew.

    :raises NotPublished: there is no file or no signature (yet)
    :raises SignatureError: as :func:`sources.signatures.clearsigned`
    """
    signature = await fetch.get(signature_url, limit=_SIGNATURE_LIMIT)
    evidence = _evidence(signature, keys)
    if proved := fetch.proofs.find(url, evidence):
        return proved
    with tempfile.TemporaryDirectory(prefix="watcher-file-") as name:
        file = Path(name) / "file"
        checksum, _ = await fetch.save(url, "sha256", file)
        signed = await detached(file, signature, keys, fetch.source, signature_url)
    proof = Proof(checksum, f"signed by {signed.fingerprint}", signed.signed_at)
    fetch.proofs.keep(url, evidence, proof)
    return proof


def _evidence(signature: bytes, keys: Keyring) -> str:
    """Return what a proof is remembered by: a digest of the signature and of the keys that may have made it."""
    digest = hashlib.sha256(signature)
    for fingerprint, key in sorted(keys.items()):
        digest.update(fingerprint.encode() + hashlib.sha256(key).digest())
    return digest.hexdigest()


async def vouched(artifact: Artifact, signature_url: str, fetch: Fetch) -> Artifact:
    """Return *artifact* as signed where the signature at *signature_url* proved its file before.

    Else with that URL: the signature is checked when the file is compared with its digest, in the background, since
    the file is large. As it is where upstream has no signature (yet), or we no key of its.

    :raises SourceError: what was signed is another file than the digest is of
    """
    keys = keyring(fetch.source, fetch.keys)
    if not keys:
        return artifact
    try:
        signature = await fetch.get(signature_url, limit=_SIGNATURE_LIMIT)
    except NotPublished:
        return artifact
    proof = fetch.proofs.find(artifact.url, _evidence(signature, keys))
    return replace(artifact, signature=signature_url) if proof is None else with_proof(artifact, proof, fetch.source)


def with_proof(artifact: Artifact, proof: Proof, source: str) -> Artifact:
    """Return *artifact* as signed by *proof*; SourceError if that is of another file than the digest is."""
    if proof.checksum != artifact.checksum:
        problem = f"is {proof.checksum}, but its list says {artifact.checksum}"
        raise SourceError(source, artifact.url, "", problem)
    return replace(artifact, verified=proof.verified, signed=True, signature="")


async def sigstore(url: str, identity: str, issuer: str, fetch: Fetch) -> Proof:
    """Check the bundle ``<url>.sigstore``, offline, and return the digest that *identity* signed; no download.

    :raises NotPublished: there is no bundle (yet)
    :raises SignatureError: it does not hold, or somebody else signed
    """
    place = Place(fetch.source, f"{url}.sigstore")
    body = await fetch.get(place.url, limit=_BUNDLE_LIMIT)
    digest = _stated_digest(body, place)
    made = await asyncio.to_thread(_check_bundle, body, digest, identity, issuer, place)
    return Proof(Checksum("sha256", digest.hex()), f"sigstore {identity}", made)


def _stated_digest(body: bytes, place: Place) -> bytes:
    """Return the SHA-256 that the bundle is about."""
    stated = read_json(place.source, place.url, body).member("messageSignature").member("messageDigest")
    if stated.member("algorithm").text() != "SHA2_256":
        raise stated.member("algorithm").wrong("is not SHA2_256")
    try:
        digest = base64.b64decode(stated.member("digest").text(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise stated.member("digest").wrong("is not a digest")
    return digest


def _check_bundle(body: bytes, digest: bytes, identity: str, issuer: str, place: Place) -> datetime:
    """Return the beginning of the ten minutes in which it was signed."""
    from cryptography.utils import CryptographyDeprecationWarning  # noqa: PLC0415
    from sigstore.errors import Error  # noqa: PLC0415  (600 ms that only a Python release pays)
    from sigstore.hashes import Hashed  # noqa: PLC0415
    from sigstore.models import Bundle  # noqa: PLC0415
    from sigstore.verify.policy import Identity  # noqa: PLC0415
    from sigstore_models.common.v1 import HashAlgorithm  # noqa: PLC0415

    try:
        with warnings.catch_warnings():
            # A certificate that the next cryptography refuses (RFC 5280) is refused today.
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            bundle = Bundle.from_json(body)
            hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=digest)
            _verifier().verify_artifact(hashed, bundle, Identity(identity=identity, issuer=issuer))
    except (Error, ValueError, TypeError, LookupError, AttributeError, CryptographyDeprecationWarning) as error:
        # Besides its own errors the library lets those of its parsers out.
        raise place.refused(f"is refused by sigstore: {str(error)[:200] or type(error).__name__}") from None
    return bundle.signing_certificate.not_valid_before_utc


@cache
def _verifier() -> Verifier:
    """Return a verifier with the trust root that the package ships: nothing is asked, no cache is read or written."""
    from sigstore.models import TrustedRoot  # noqa: PLC0415
    from sigstore.verify import Verifier  # noqa: PLC0415

    shipped = resources.files("sigstore") / "_store" / "https%3A%2F%2Ftuf-repo-cdn.sigstore.dev" / "trusted_root.json"
    with resources.as_file(shipped) as file:
        return Verifier(trusted_root=TrustedRoot.from_file(str(file)))
