"""Two servers on loopback: one has upstreams' files, the other speaks TLS to the programs in the images."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.images.engine import output


class _Quiet(SimpleHTTPRequestHandler):
    """A folder, without a line on the terminal for each request."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
        """Say nothing."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """Serve *folder*; yield its URL."""
    with _running(ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))) as port:
        yield f"http://127.0.0.1:{port}"


@dataclass(frozen=True, slots=True)
class Secure:
    """A server at ``https://localhost:<port>/`` and the certificate that it shows."""

    port: int
    certificate: Path


@contextmanager
def secure(folder: Path) -> Iterator[Secure]:
    """Serve *folder*, which holds one file ``hello``, by TLS with a certificate of its own."""
    key, certificate = folder / "key.pem", folder / "cert.pem"
    output("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "2",
           "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost")  # fmt: skip
    (folder / "hello").write_text("hello over TLS")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    protocol = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    protocol.load_cert_chain(certificate, key)
    server.socket = protocol.wrap_socket(server.socket, server_side=True)
    with _running(server) as port:
        yield Secure(port, certificate)


@contextmanager
def _running(server: ThreadingHTTPServer) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
