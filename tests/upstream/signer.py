"""A signer of lists for tests: OpenPGP keys and clear-signed texts, made here without a keyring of anybody's.

Ed25519 with v4 packets (RFC 9580, and the curve's older name that gpgv knows). It can sign at any time, and
give a key any expiry: what gpg refuses to make is what the tests need.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

_OID = bytes.fromhex("092b06010401da470f01")
_SHA256, _ED25519, _V4 = 8, 22, 4
_BINARY, _TEXT, _POSITIVE = 0x00, 0x01, 0x13


def _packet(tag: int, body: bytes) -> bytes:
    return bytes([0xC0 | tag, 0xFF]) + struct.pack(">I", len(body)) + body


def _subpacket(kind: int, body: bytes) -> bytes:
    return bytes([len(body) + 1, kind]) + body


def _number(raw: bytes) -> bytes:
    value = int.from_bytes(raw, "big")
    return struct.pack(">H", value.bit_length()) + value.to_bytes((value.bit_length() + 7) // 8, "big")


def _armor(kind: str, body: bytes) -> str:
    text = base64.b64encode(body).decode()
    lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
    return f"-----BEGIN PGP {kind}-----\n\n{lines}\n-----END PGP {kind}-----\n"


@dataclass(frozen=True)
class Signer:
    """A person with a key: made at *created*, expiring at *expires* if given (both aware times)."""

    created: datetime
    expires: datetime | None = None
    name: str = "Test Releaser <releaser@test.invalid>"
    secret: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)

    @property
    def _public(self) -> bytes:
        """Body of the public key packet."""
        raw = self.secret.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        head = struct.pack(">BIB", _V4, int(self.created.timestamp()), _ED25519)
        return head + _OID + _number(b"\x40" + raw)

    @property
    def _hashed(self) -> bytes:
        """The key as signatures and the fingerprint digest it."""
        return b"\x99" + struct.pack(">H", len(self._public)) + self._public

    @property
    def fingerprint(self) -> str:
        """40 hex digits in capitals."""
        return hashlib.sha1(self._hashed, usedforsecurity=False).hexdigest().upper()

    def public(self) -> str:
        """Return the armored public key with its self-signature."""
        name = self.name.encode()
        extra = _subpacket(27, b"\x03")
        if self.expires is not None:
            extra += _subpacket(9, struct.pack(">I", int((self.expires - self.created).total_seconds())))
        material = self._hashed + b"\xb4" + struct.pack(">I", len(name)) + name
        certified = self._signature(_POSITIVE, material, self.created, extra)
        return _armor("PUBLIC KEY BLOCK", _packet(6, self._public) + _packet(13, name) + certified)

    def install(self, folder: Path) -> None:
        """Put the public key among the pinned ones of *folder*."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{self.fingerprint}.asc").write_text(self.public())

    def sign(self, text: str, when: datetime) -> bytes:
        """Return *text* clear-signed at *when*."""
        lines = [line.rstrip(" \t\r") for line in text.removesuffix("\n").split("\n")]
        signature = self._signature(_TEXT, "\r\n".join(lines).encode(), when)
        shown = "\n".join(f"- {line}" if line.startswith("-") else line for line in lines)
        head = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\n"
        return f"{head}{shown}\n{_armor('SIGNATURE', signature)}".encode()

    def detach(self, data: bytes, when: datetime) -> bytes:
        """Return the armored detached signature over the file *data*."""
        return _armor("SIGNATURE", self._signature(_BINARY, data, when)).encode()

    def _signature(self, kind: int, material: bytes, when: datetime, extra: bytes = b"") -> bytes:
        issuer = _subpacket(33, b"\x04" + bytes.fromhex(self.fingerprint))
        subpackets = _subpacket(2, struct.pack(">I", int(when.timestamp()))) + issuer + extra
        head = bytes([_V4, kind, _ED25519, _SHA256]) + struct.pack(">H", len(subpackets)) + subpackets
        digest = hashlib.sha256(material + head + b"\x04\xff" + struct.pack(">I", len(head))).digest()
        made = self.secret.sign(digest)
        loose = _subpacket(16, bytes.fromhex(self.fingerprint[-16:]))
        tail = struct.pack(">H", len(loose)) + loose + digest[:2] + _number(made[:32]) + _number(made[32:])
        return _packet(2, head + tail)
