"""A sigstore of our own: a certificate authority, its two logs and a signer, made of fresh keys without network.

What it makes has the shape of upstream's public instance: a trust root, and v0.3 bundles over a digest.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sigstore.models import TrustedRoot
from sigstore.verify import Verifier

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
_NAME = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test.invalid")])
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_SCT = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_SHA256 = ec.ECDSA(hashes.SHA256())


def _key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def _der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


@dataclass(frozen=True)
class Sigstore:
    """The authority and its logs."""

    authority: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    tickets: ec.EllipticCurvePrivateKey = field(default_factory=_key)
    log: ec.EllipticCurvePrivateKey = field(default_factory=_key)

    def verifier(self, folder: Path) -> Verifier:
        """Return what trusts this sigstore and no other."""
        (folder / "trust.json").write_text(json.dumps(self._trust()))
        return Verifier(trusted_root=TrustedRoot.from_file(str(folder / "trust.json")))

    def bundle(self, digest: bytes, identity: str, issuer: str) -> dict[str, Any]:
        """Return what *identity* (an address that *issuer* vouches for) signed over *digest*, SHA-256."""
        signer = _key()
        leaf = self._leaf(signer, identity, issuer)
        signature = signer.sign(digest, ec.ECDSA(Prehashed(hashes.SHA256())))
        content = _text(leaf.public_bytes(serialization.Encoding.PEM))
        body = _canonical(
            {
                "apiVersion": "0.0.1",
                "kind": "hashedrekord",
                "spec": {
                    "data": {"hash": {"algorithm": "sha256", "value": digest.hex()}},
                    "signature": {"content": _text(signature), "publicKey": {"content": content}},
                },
            }
        )
        return {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": {
                "certificate": {"rawBytes": _text(leaf.public_bytes(serialization.Encoding.DER))},
                "tlogEntries": [self._entry(body)],
            },
            "messageSignature": {
                "messageDigest": {"algorithm": "SHA2_256", "digest": _text(digest)},
                "signature": _text(signature),
            },
        }

    def _entry(self, body: bytes) -> dict[str, Any]:
        """Return the log's only entry, promised and proved."""
        identifier, second = hashlib.sha256(_der(self.log)).digest(), int(NOW.timestamp())
        promise = {"body": _text(body), "integratedTime": second, "logID": identifier.hex(), "logIndex": 0}
        root = hashlib.sha256(b"\0" + body).digest()
        note = f"test.invalid\n1\n{_text(root)}\n"
        stamp = _text(identifier[:4] + self.log.sign(note.encode(), _SHA256))
        return {
            "logIndex": "0",
            "logId": {"keyId": _text(identifier)},
            "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
            "integratedTime": str(second),
            "inclusionPromise": {"signedEntryTimestamp": _text(self.log.sign(_canonical(promise), _SHA256))},
            "inclusionProof": {
                "logIndex": "0",
                "rootHash": _text(root),
                "treeSize": "1",
                "hashes": [],
                "checkpoint": {"envelope": f"{note}\n\u2014 test.invalid {stamp}\n"},
            },
            "canonicalizedBody": _text(body),
        }

    def _leaf(self, signer: ec.EllipticCurvePrivateKey, identity: str, issuer: str) -> x509.Certificate:
        """Return a certificate of ten minutes, with the ticket of the certificate log in it."""
        plain = (
            _begun(signer, x509.Name([]))
            .add_extension(_usage(certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(identity)]), critical=True)
            .add_extension(x509.UnrecognizedExtension(_ISSUER, issuer.encode()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.authority.public_key()), critical=False
            )
        )
        without = plain.sign(self.authority, hashes.SHA256())
        ticket = self._ticket(without.tbs_certificate_bytes)
        full = plain.add_extension(x509.UnrecognizedExtension(_SCT, ticket), critical=False)
        return full.sign(self.authority, hashes.SHA256())

    def _ticket(self, certificate: bytes) -> bytes:
        """Return the certificate log's signed timestamp (RFC 6962, 3.2) as the extension holds it."""
        millis = int(NOW.timestamp() * 1000)
        issuer = hashlib.sha256(_der(self.authority)).digest()
        head = struct.pack(">BBQH", 0, 0, millis, 1) + issuer + len(certificate).to_bytes(3, "big")
        signature = self.tickets.sign(head + certificate + b"\0\0", _SHA256)
        ticket = b"\0" + hashlib.sha256(_der(self.tickets)).digest() + struct.pack(">QH", millis, 0)
        ticket += struct.pack(">BBH", 4, 3, len(signature)) + signature
        listed = struct.pack(">HH", len(ticket) + 2, len(ticket)) + ticket
        return b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else bytes([0x81, len(listed)])) + listed

    def _trust(self) -> dict[str, Any]:
        root = (
            _begun(self.authority, _NAME)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.authority.public_key()), critical=False)
            .sign(self.authority, hashes.SHA256())
        )
        since = {"start": (NOW - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")}
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(self.log, since)],
            "ctlogs": [_log(self.tickets, since)],
            "certificateAuthorities": [
                {
                    "subject": {"organization": "test", "commonName": "test.invalid"},
                    "uri": "https://fulcio.test.invalid",
                    "certChain": {"certificates": [{"rawBytes": _text(root.public_bytes(serialization.Encoding.DER))}]},
                    "validFor": since,
                }
            ],
            "timestampAuthorities": [],
        }


def _usage(*, certificates: bool) -> x509.KeyUsage:
    """Return what a key is for: certificates, or anything else."""
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    none = dict.fromkeys((*others, "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(digital_signature=not certificates, key_cert_sign=certificates, **none)


def _begun(key: ec.EllipticCurvePrivateKey, subject: x509.Name) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(issuer_name=_NAME, subject_name=subject, public_key=key.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(minutes=5))
        .not_valid_after(NOW + timedelta(minutes=5))
    )


def _log(key: ec.EllipticCurvePrivateKey, since: dict[str, str]) -> dict[str, Any]:
    return {
        "baseUrl": "https://log.test.invalid",
        "hashAlgorithm": "SHA2_256",
        "publicKey": {"rawBytes": _text(_der(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since},
        "logId": {"keyId": _text(hashlib.sha256(_der(key)).digest())},
    }
