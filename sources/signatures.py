"""Signed lists and signed files: OpenPGP verified by ``gpgv`` against pinned keys; only what was signed is handed on.

``gpgv`` verifies and does nothing else: a keyring file, no home directory, no agent, no trust
database. Its status lines are documented in
https://github.com/gpg/gnupg/blob/master/doc/DETAILS
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise
from pathlib import Path

from state.errors import KeyTooOld, SettingsError, SignatureError

Keyring = Mapping[str, bytes]
"""Fingerprint of a primary key → that key, binary. The fingerprints are the pinned set."""

_SHIPPED = Path(__file__).parent / "keys"
_FINGERPRINT = re.compile(r"[0-9A-F]{40}")
_KEY_BLOCK = re.compile(
    r"-----BEGIN PGP PUBLIC KEY BLOCK-----[ \t]*\n(?:[^\n]+\n)*[ \t]*\n([A-Za-z0-9+/=\s]+?)"
    r"(?:=[A-Za-z0-9+/]{4}\s*)?-----END PGP PUBLIC KEY BLOCK-----"
)
_PLAIN = re.compile(rb"(?:[\t\x20-\x7e]{0,1000}\r?\n)*[\t\x20-\x7e]{0,1000}")
"""Printable lines of a sane length: what gpg shows and what was hashed differ for others (https://gpg.fail)."""
_BLOCKS = [b"SIGNED MESSAGE", b"SIGNATURE"]
_SIGNATURE_BLOCK = re.compile(
    rb"-----BEGIN PGP SIGNATURE-----[ \t]*\n(?:[^\n]+\n)*[ \t]*\n([A-Za-z0-9+/=\s]+?)"
    rb"(?:=[A-Za-z0-9+/]{4}\s*)?-----END PGP SIGNATURE-----\s*"
)
_OLD_HEADS, _NEW_HEAD = {0x88: 1, 0x89: 2, 0x8A: 4}, 0xC2
_ONE_OCTET, _TWO_OCTETS, _FIVE_OCTETS, _LEAST = 192, 224, 255, 6
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Signed:
    """What was signed, the fingerprint of the signer's primary key, and when."""

    text: bytes
    fingerprint: str
    signed_at: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Whose document is looked at: the errors say it."""

    source: str
    url: str

    def refused(self, problem: str) -> SignatureError:
        """Return the error."""
        return SignatureError(self.source, self.url, "", problem)


def keyring(source: str, extra: Path | None = None) -> Keyring:
    """Return the shipped keys of *source*, and those of the folder *extra*, which win; SettingsError if unusable."""
    return _shipped(source) | (_folder(extra) if extra is not None and extra.is_dir() else {})


@cache
def _shipped(source: str) -> dict[str, bytes]:
    return _folder(_SHIPPED / source)


def _folder(folder: Path) -> dict[str, bytes]:
    return {_pinned(file): _dearmor(file) for file in sorted(folder.glob("*.asc"))}


def _pinned(file: Path) -> str:
    if not _FINGERPRINT.fullmatch(file.stem):
        raise SettingsError(f"{file}: a key file is named after the fingerprint of its key, 40 hex digits in capitals")
    return file.stem


def _dearmor(file: Path) -> bytes:
    try:
        text = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: cannot be read as an OpenPGP key: {error}") from None
    return dearmored(str(file), text)


def dearmored(place: str, text: str) -> bytes:
    """Return the binary form of a key; the checksum line is not looked at, as RFC 9580 wants it.

    :raises SettingsError: *text* is none; *place* says where it stands
    """
    match = _KEY_BLOCK.search(text.replace("\r\n", "\n"))
    if match is None:
        raise SettingsError(f"{place}: is not an armored OpenPGP public key")
    try:
        return base64.b64decode("".join(match[1].split()), validate=True)
    except binascii.Error as error:
        raise SettingsError(f"{place}: cannot be read as an OpenPGP key: {error}") from None


async def clearsigned(data: bytes, keys: Keyring, source: str, url: str, program: str = "gpgv") -> Signed:
    """Return the signed text of *data*, made by a pinned key before that key expired.

    :raises SignatureError: altered, not signed, unknown or revoked keys only, weak cryptography
    :raises KeyTooOld: genuine, but made after our copy of the key had expired
    :raises SettingsError: *program* is not installed
    """
    place = Place(source, url)
    if re.findall(rb"^-----BEGIN PGP ([^\n]*?)-----", data, re.MULTILINE) != _BLOCKS:
        raise place.refused("is not one clear-signed text")
    if not _PLAIN.fullmatch(data):
        raise place.refused("holds bytes that no list has")
    with tempfile.TemporaryDirectory(prefix="watcher-gpgv-") as name:
        folder = Path(name)
        status = await _gpgv(program, folder, ["--output", str(folder / "text")], data, keys, place)
        fingerprint, signed_at = _judge(status, keys, place)
        return Signed((folder / "text").read_bytes(), fingerprint, signed_at)


async def detached(file: Path, signature: bytes, keys: Keyring, source: str, url: str, program: str = "gpgv") -> Signed:
    """Return who signed *file*, by the detached *signature* (armored or not) that lies at *url*; ``text`` is empty.

    Errors as :func:`clearsigned`.
    """
    place = Place(source, url)
    packets = _signature_packets(signature)
    if packets is None:
        raise place.refused("is not a detached signature")
    with tempfile.TemporaryDirectory(prefix="watcher-gpgv-") as name:
        folder = Path(name)
        (folder / "signature").write_bytes(packets)
        status = await _gpgv(program, folder, [str(folder / "signature"), str(file)], b"", keys, place)
    return Signed(b"", *_judge(status, keys, place, texts=0))


def _signature_packets(data: bytes) -> bytes | None:
    """Return the packets that *data* holds, if all are signatures: none that carries a text of its own.

    gpgv is handed these alone: given more, it may verify another text than the file (https://gpg.fail).
    """
    match = _SIGNATURE_BLOCK.fullmatch(data.replace(b"\r\n", b"\n"))
    try:
        packets = base64.b64decode(b"".join(match[1].split()), validate=True) if match else data
    except binascii.Error:
        return None
    rest = packets
    while len(rest) > _LEAST and 0 < (length := _stated_length(rest)) <= len(rest):
        rest = rest[length:]
    return packets if packets and not rest else None


def _stated_length(packet: bytes) -> int:
    """Return how long a signature packet says it is, its header included; 0 if it is none (RFC 9580, 4.2)."""
    head, first = packet[0], packet[1]
    if head in _OLD_HEADS:
        octets = _OLD_HEADS[head]
        return 1 + octets + int.from_bytes(packet[1 : 1 + octets], "big")
    if head != _NEW_HEAD or _TWO_OCTETS <= first < _FIVE_OCTETS:
        return 0
    if first < _ONE_OCTET:
        return 2 + first
    if first == _FIVE_OCTETS:
        return 6 + int.from_bytes(packet[2:6], "big")
    return 3 + ((first - _ONE_OCTET) << 8) + packet[2] + _ONE_OCTET


async def _gpgv(
    program: str, folder: Path, arguments: Sequence[str], data: bytes, keys: Keyring, place: Place
) -> list[list[str]]:
    """Run gpgv in *folder* (private, removed afterwards); return its status lines, split into words."""
    (folder / "keys").write_bytes(b"".join(keys.values()))
    options = ["--homedir", str(folder), "--keyring", str(folder / "keys"), "--status-fd", "1"]
    pipe, null = asyncio.subprocess.PIPE, asyncio.subprocess.DEVNULL
    try:
        process = await asyncio.create_subprocess_exec(
            program, *options, *arguments, stdin=pipe, stdout=pipe, stderr=null
        )
    except FileNotFoundError:
        raise SettingsError(
            f"{program} is not installed, and signatures cannot be verified without it: install the package gpgv "
            "(Debian, Ubuntu, Alpine) or gnupg2 (Fedora)"
        ) from None
    try:
        async with asyncio.timeout(_SECONDS):
            out, _ = await process.communicate(data)
    except TimeoutError:
        raise place.refused(f"{program} did not answer within {_SECONDS:.0f} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    lines = out.decode("utf-8", "replace").splitlines()
    return [line.split(" ")[1:] for line in lines if line.startswith("[GNUPG:] ")]


def _judge(status: list[list[str]], keys: Keyring, place: Place, texts: int = 1) -> tuple[str, datetime]:
    """Return who signed and when, or refuse; *texts* is how many texts gpgv has to hand on.

    One good signature by a pinned key is enough, a bad one is too much: Debian signs with the keys of two releases,
    of which one may be unknown here or expired by now.
    """
    bad = next((words for words in status if words[0] == "BADSIG"), None)
    if bad:
        raise place.refused(f"the text is not what key {bad[1]} signed")
    starts = [number for number, words in enumerate(status) if words[0] == "NEWSIG"]
    if not starts or [words[0] for words in status].count("PLAINTEXT") != texts:
        raise place.refused("carries no good signature")
    problems: list[SignatureError] = []
    for start, end in pairwise([*starts, len(status)]):
        try:
            return _signer(status[start:end], keys, place)
        except SignatureError as error:
            problems.append(error)
    raise next((error for error in problems if isinstance(error, KeyTooOld)), problems[0])


def _signer(status: list[list[str]], keys: Keyring, place: Place) -> tuple[str, datetime]:
    """Return who made one signature and when, or refuse; *status* is what gpgv says of that one."""
    said = {words[0]: words for words in status}
    if "ERRSIG" in said:
        raise place.refused(_unusable(said["ERRSIG"]))
    if "REVKEYSIG" in said or "EXPSIG" in said:
        raise place.refused("the signature has expired, or its key was revoked")
    once = [words[0] for words in status].count("VALIDSIG") == 1
    if not once or not {"GOODSIG", "EXPKEYSIG"} & said.keys():
        raise place.refused("carries no good signature")
    signature = said["VALIDSIG"]
    fingerprint, made = signature[-1], int(signature[3])
    if fingerprint not in keys:
        raise place.refused(f"the unknown key {fingerprint} signed it: pending review")
    signed_at, expiry = datetime.fromtimestamp(made, UTC), _expiry(status)
    if "EXPKEYSIG" in said and made > expiry:
        expired = datetime.fromtimestamp(expiry, UTC)
        raise KeyTooOld(
            place.source,
            place.url,
            "",
            f"signed on {signed_at:%Y-%m-%d}, after our copy of key {fingerprint} expired on {expired:%Y-%m-%d}: "
            "refresh the keys",
        )
    return fingerprint, signed_at


def _expiry(status: list[list[str]]) -> int:
    """Return when our copy of the signing key expired, in seconds since 1970; 0 if gpgv does not say.

    gpgv names the expiry of the whole key's parts, retired subkeys too; the signing one's own stands right
    before SIG_ID. It is 0 if only the primary key expires: then the earliest of them all is taken.
    """
    own = 0
    for before, words in pairwise(status):
        if words[0] == "SIG_ID" and before[0] == "KEYEXPIRED":
            own = int(before[1])
    return own or min((int(w[1]) for w in status if w[0] == "KEYEXPIRED" and w[1] != "0"), default=0)


def _unusable(errsig: list[str]) -> str:
    """Explain ``ERRSIG <key id> <algorithm> <digest> <class> <time> <code>``."""
    key, code = errsig[1], errsig[6]
    if code == "9":
        return f"the unknown key {key} signed it: pending review"
    return f"the signature by key {key} uses cryptography that is refused (code {code})"
