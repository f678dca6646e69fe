"""How the machines of a farm know one another: Dask runs the code that it is sent, so beyond one machine it takes TLS."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from distributed.security import Security

from state.errors import SettingsError

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True)
class Certificates:
    """PEM files with which scheduler, workers and watcher know one another: Dask runs the code that it is sent."""

    authority: Path
    certificate: Path
    key: Path


def security(scheduler: str, certificates: Certificates | None) -> Security | None:
    """Return what secures the connection to *scheduler*; None on this machine, where that may be left out.

    :raises SettingsError: it is needed and not there
    """
    parts = urlsplit(scheduler)
    if parts.scheme not in ("tcp", "tls") or not parts.hostname or not parts.port:
        raise SettingsError(f"{scheduler!r} is no scheduler: write tls://HOST:PORT, or tcp://127.0.0.1:PORT")
    if certificates is None:
        if parts.scheme == "tls" or parts.hostname not in _LOOPBACK:
            raise SettingsError(
                f"{scheduler}: Dask runs the code that it is sent: beyond this machine it takes tls:// and certificates"
            )
        return None
    if parts.scheme != "tls":
        raise SettingsError(f"{scheduler}: with certificates it is tls://")
    own = str(certificates.certificate), str(certificates.key)
    return Security(  # type: ignore[no-untyped-call]
        require_encryption=True,
        tls_ca_file=str(certificates.authority),
        **{
            f"tls_{role}_{what}": value
            for role in ("client", "worker")
            for what, value in zip(("cert", "key"), own, strict=True)
        },
    )
