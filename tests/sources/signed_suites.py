"""Signed documents of the distributions' tests: real heads of InRelease files, signed by keys made here."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path

from tests.upstream.signer import Signer

HERE = Path(__file__).parent
MADE, EARLY = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
"""The day on which the fixtures were recorded."""
_BEGIN, _END = "-----BEGIN PGP SIGNATURE-----\n\n", "-----END PGP SIGNATURE-----\n"


def sign(text: str, *signers: Signer, when: datetime = EARLY) -> bytes:
    """Return *text* clear-signed once by each of *signers*, as Debian's archive does it."""
    return joined(*(signer.sign(text, when) for signer in signers))


def joined(*signed: bytes) -> bytes:
    """Return the first text with the signatures of all."""
    head = signed[0].decode().partition(_BEGIN)[0]
    packets = b"".join(base64.b64decode(each.decode().partition(_BEGIN)[2].removesuffix(_END)) for each in signed)
    return f"{head}{_BEGIN}{base64.encodebytes(packets).decode()}{_END}".encode()


def release(name: str, **changed: str) -> str:
    """Return the recorded head of an InRelease with fields *changed*; ``Valid_Until=""`` takes one out."""
    text = (HERE / "debian" / f"{name}.Release").read_text()
    fields = dict(line.split(": ", 1) for line in text.splitlines())
    fields |= {key.replace("_", "-"): value for key, value in changed.items()}
    return "".join(f"{key}: {value}\n" for key, value in fields.items() if value)
