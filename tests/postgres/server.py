"""A PostgreSQL of our own: a cluster in a temporary folder, on loopback, gone afterwards."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, text


@contextmanager
def served() -> Iterator[str]:
    """Serve a new cluster and yield the URL of its database ``postgres``; RuntimeError where there is no server."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (programs[-1] if programs else None)
    if found is None:
        raise RuntimeError("no PostgreSQL server here: apt-get install postgresql")
    place = Path(found).parent
    with tempfile.TemporaryDirectory(prefix="watcher-postgres-") as folder, socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        data = Path(folder) / "data"
        if os.getuid() == 0:
            shutil.chown(folder, "postgres")
        _run(
            place / "initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"
        )
        free.close()
        settings = f"-p {port} -h 127.0.0.1 -k {folder} -c fsync=off -c max_connections=50"
        _run(place / "pg_ctl", "-D", str(data), "-w", "-l", f"{folder}/log", "-o", settings, "start")
        try:
            yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres"
        finally:
            _run(place / "pg_ctl", "-D", str(data), "-w", "-m", "immediate", "stop")


def _run(program: Path, *arguments: str) -> None:
    """Run one of its programs; as its own user, since it refuses root."""
    command: Sequence[str] = [str(program), *arguments]
    if os.getuid() == 0:
        command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


def database(server: str, name: str, template: str = "template0") -> str:
    """Make a database on *server* and return its URL."""
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}" TEMPLATE "{template}"'))
    engine.dispose()
    return f"{server.rpartition('/')[0]}/{name}"
