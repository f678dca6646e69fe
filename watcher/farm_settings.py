"""``[farm]``: the machines that build, where one is not enough."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from watcher.source_settings import Table


class FarmTable(Table):
    """``[farm]``: Dask's scheduler, and how it and its workers are known.

    ``scheduler`` is ``tls://HOST:8786``; ``tcp://127.0.0.1:8786`` on this machine alone, "" where this machine builds by
    itself. The three PEM files are the authority that signed all certificates, and this machine's own certificate with
    its key. ``jobs`` builds of each platform are open at once at most: the workers take from these what they can.
    """

    scheduler: str = ""
    tls_authority_file: Path | None = None
    tls_certificate_file: Path | None = None
    tls_key_file: Path | None = None
    jobs: int = Field(default=256, ge=1)
