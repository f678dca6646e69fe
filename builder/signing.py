"""Signs images with a key of ours, in the format that cosign verifies.

``cosign verify --key ours.pub --insecure-ignore-tlog=true REF``: no transparency log is written to.
https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from builder.oci import MANIFEST, Descriptor, Manifest, digest_of, written
from builder.registry import Registry
from state.errors import SettingsError

PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json"
ENVELOPE = "application/vnd.dsse.envelope.v1+json"
_SIGNATURE = "dev.cosignproject.cosign/signature"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_ECDSA = ec.ECDSA(hashes.SHA256())


class Signer:
    """Signs with an ECDSA P-256 key."""

    def __init__(self, key: ec.EllipticCurvePrivateKey) -> None:
        """Sign with *key*."""
        self._key = key

    @classmethod
    def load(cls, pem: str, where: str) -> Signer:
        """Read a PEM private key without a passphrase; SettingsError, which names *where* it stands, if it is none."""
        try:
            key = load_pem_private_key(pem.encode(), None)
        except (ValueError, TypeError) as error:
            raise SettingsError(f"{where}: not a PEM private key without a passphrase") from error
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise SettingsError(
                f"{where}: an ECDSA key on P-256 is needed: openssl ecparam -name prime256v1 -genkey -noout"
            )
        return cls(key)

    @property
    def public(self) -> str:
        """The public key as PEM: what verifies."""
        return self._key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def sign(self, payload: bytes) -> str:
        """Return the signature of *payload*, in base64."""
        return base64.b64encode(self._key.sign(payload, _ECDSA)).decode()

    def envelope(self, media_type: str, body: bytes) -> bytes:
        """Return *body* in a signed envelope (https://github.com/secure-systems-lab/dsse/blob/master/protocol.md)."""
        kind = media_type.encode()
        signed = b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(body), body)
        payload = base64.b64encode(body).decode()
        return written(
            {"payloadType": media_type, "payload": payload, "signatures": [{"keyid": "", "sig": self.sign(signed)}]}
        )


def verified(public: str, payload: bytes, signature: str) -> bool:
    """Whether *signature* (base64) of *payload* was made with the key whose public half is *public* (PEM)."""
    key = load_pem_public_key(public.encode())
    if not isinstance(key, ec.EllipticCurvePublicKey):
        return False
    try:
        key.verify(base64.b64decode(signature), payload, _ECDSA)
    except InvalidSignature:
        return False
    return True


def payload_of(reference: str, digest: str) -> bytes:
    """Return what is signed: that the image at *digest* is what *reference* (repository with its registry) means."""
    critical = {
        "identity": {"docker-reference": reference},
        "image": {"docker-manifest-digest": digest},
        "type": "cosign container image signature",
    }
    return written({"critical": critical, "optional": {}})


async def sign(registry: Registry, repository: str, subject: Manifest, signer: Signer) -> bool:
    """Sign the image, unless this key signed it before; return whether a signature was written."""
    payload = payload_of(f"{registry.host}/{repository}", subject.digest)
    tag = _tag(subject.digest, "sig")
    there = await _layers(registry, repository, tag)
    for layer in there:
        said = (layer.get("annotations") or {}).get(_SIGNATURE, "")
        if layer.get("digest") == digest_of(payload) and verified(signer.public, payload, said):
            return False
    await _add(registry, repository, tag, there, (PAYLOAD, payload, {_SIGNATURE: signer.sign(payload)}))
    return True


async def sign_statement(
    registry: Registry, repository: str, subject: Manifest, signer: Signer, statement: Mapping[str, Any]
) -> bool:
    """Attach a signed in-toto statement where ``cosign verify-attestation`` looks; False if one of its type is there."""
    tag, kind = _tag(subject.digest, "att"), str(statement["predicateType"])
    there = await _layers(registry, repository, tag)
    if any((layer.get("annotations") or {}).get("predicateType") == kind for layer in there):
        return False
    body = signer.envelope("application/vnd.in-toto+json", written(statement))
    await _add(registry, repository, tag, there, (ENVELOPE, body, {_SIGNATURE: "", "predicateType": kind}))
    return True


def _tag(digest: str, ending: str) -> str:
    return f"{digest.replace(':', '-')}.{ending}"


async def _layers(registry: Registry, repository: str, tag: str) -> list[dict[str, Any]]:
    found = await registry.manifest(repository, tag)
    return list(json.loads(found.body).get("layers", [])) if found else []


async def _add(
    registry: Registry,
    repository: str,
    tag: str,
    there: list[dict[str, Any]],
    layer: tuple[str, bytes, Mapping[str, str]],
) -> None:
    """Write the manifest under *tag* with one layer more; its configuration is what cosign's own says."""
    media, body, annotations = layer
    blob = Descriptor(media, digest_of(body), len(body))
    layers = [*there, {**blob.document(), "annotations": dict(annotations)}]
    history: dict[str, Any] = {"rootfs": {"type": "layers", "diff_ids": [each["digest"] for each in layers]}}
    config = written({"architecture": "", "os": "", "config": {}, "created": "0001-01-01T00:00:00Z", **history})
    described = Descriptor(_CONFIG, digest_of(config), len(config))
    await registry.upload(repository, blob, body)
    await registry.upload(repository, described, config)
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": described.document(), "layers": layers}
    await registry.put(repository, tag, Manifest(MANIFEST, written(document)))
