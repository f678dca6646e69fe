"""Debian's registry, for as long as the run takes: on loopback, or by https for other machines."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.certificates import Authority

_SETTINGS = """version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder}}}, delete: {{enabled: true}}}}
http: {{addr: "{host}:{port}"{tls}}}
"""


@contextmanager
def running(folder: Path, address: str = "127.0.0.1", authority: Authority | None = None) -> Iterator[str]:
    """Start ``docker-registry`` on *folder*; yield its host with the port. With an authority it takes https alone."""
    with socket.socket() as free:
        free.bind((address, 0))
        port = free.getsockname()[1]
    folder.mkdir(parents=True)
    settings = folder.with_suffix(".yml")
    tls, trusted = "", None
    if authority is not None:
        own = authority.issue("registry", address)
        tls = f", tls: {{certificate: {own.certificate}, key: {own.key}}}"
        trusted = ssl.create_default_context(cafile=str(authority.file))
    settings.write_text(_SETTINGS.format(folder=folder, host=address, port=port, tls=tls))
    with folder.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen(["docker-registry", "serve", settings], stdout=log, stderr=log)
        try:
            _wait(f"{'https' if trusted else 'http'}://{address}:{port}/v2/", process, trusted)
            yield f"{address}:{port}"
        finally:
            process.terminate()
            process.wait()


def _wait(url: str, process: subprocess.Popen[bytes], trusted: ssl.SSLContext | None) -> None:
    """Wait until it answers."""
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=5, context=trusted).close()
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.05)
            if process.poll() is not None:
                raise SystemExit("docker-registry ended at once") from None
        else:
            return
    raise SystemExit("docker-registry does not answer")
