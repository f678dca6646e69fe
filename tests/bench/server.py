"""A server of feeds that costs next to nothing: what stands between a benchmark and its figure is the latency alone.

``python -m tests.bench.server DIR MS`` serves the files of DIR (``<host>/<path>``), read once, each answer MS
milliseconds late, and prints its port. Files have an ETag, but for those that end in ``.bare``.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from pathlib import Path
from urllib.parse import unquote


class Answers(asyncio.Protocol):
    """One connection: answers in order, kept alive."""

    def __init__(self, files: dict[str, tuple[bytes, bytes]], seconds: float) -> None:
        self._files, self._seconds = files, seconds
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is complete, later."""
        *heads, self._head = (self._head + data).split(b"\r\n\r\n")
        for head in heads:
            asyncio.get_running_loop().call_later(self._seconds, self._answer, head)

    def _answer(self, head: bytes) -> None:
        first, *fields = head.split(b"\r\n")
        body, etag = self._files.get(unquote(first.split()[1].decode()), (b"", b""))
        sent = {name.lower(): value.strip() for name, _, value in (field.partition(b":") for field in fields)}
        tag = b"ETag: %s\r\n" % etag if etag else b""
        if etag and sent.get(b"if-none-match") == etag:
            answer = b"HTTP/1.1 304 Not Modified\r\n%s\r\n" % tag
        else:
            status = b"200 OK" if body else b"404 Not Found"
            answer = b"HTTP/1.1 %s\r\nContent-Length: %d\r\n%s\r\n%s" % (status, len(body), tag, body)
        self._transport.write(answer)


async def main(folder: Path, seconds: float) -> None:
    """Serve until killed."""
    files = {}
    for file in folder.rglob("*"):
        if file.is_file():
            etag = b"" if file.suffix == ".bare" else b'"%s"' % hashlib.sha256(file.read_bytes()).hexdigest().encode()
            files[f"/{file.relative_to(folder)}"] = file.read_bytes(), etag
    server = await asyncio.get_running_loop().create_server(lambda: Answers(files, seconds), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), float(sys.argv[2]) / 1000))
