"""Who signs CPython: one manager per cycle, by OpenPGP up to 3.13 and by sigstore bundles, since 3.14 by these alone.

https://peps.python.org/pep-0761/
"""

from __future__ import annotations

from sources import proofs
from sources.signatures import keyring
from sources.source import Fetch
from state.errors import SignatureError
from state.model import Proof

_THOMAS, _PABLO = "7169605F62C751356D054A26A821E680E5FA6305", "A035C8C19219BA821ECEA86B64E628F8D684696D"
_OPENPGP = {"3.10": _PABLO, "3.11": _PABLO, "3.12": _THOMAS, "3.13": _THOMAS}
_GOOGLE, _GITHUB = "https://accounts.google.com", "https://github.com/login/oauth"
_SIGSTORE = {  # https://www.python.org/downloads/metadata/sigstore/
    "3.10": ("pablogsal@python.org", _GOOGLE),
    "3.11": ("pablogsal@python.org", _GOOGLE),
    "3.12": ("thomas@python.org", _GOOGLE),
    "3.13": ("thomas@python.org", _GOOGLE),
    "3.14": ("hugo@python.org", _GITHUB),
    "3.15": ("hugo@python.org", _GITHUB),
    "3.16": ("savannah@python.org", _GITHUB),
    "3.17": ("savannah@python.org", _GITHUB),
}


async def prove(line: str, url: str, fetch: Fetch) -> Proof | str:
    """Prove the file at *url*; return why that cannot be judged, where we lack a key or do not know who signs.

    :raises NotPublished: there is no file, or no proof of it (yet)
    :raises SignatureError: the proof does not hold
    """
    keys = {name: key for name, key in keyring(fetch.source, fetch.keys).items() if name == _OPENPGP.get(line)}
    if keys:
        return await proofs.openpgp(url, f"{url}.asc", keys, fetch)
    if line not in _SIGSTORE:
        return f"who signs Python {line} is not known to us: pending review"
    try:
        return await proofs.sigstore(url, *_SIGSTORE[line], fetch)
    except SignatureError as error:
        if line not in _OPENPGP:
            raise
        return f"OpenPGP key {_OPENPGP[line]} is not among our keys, and {error.url} {error.problem}"
