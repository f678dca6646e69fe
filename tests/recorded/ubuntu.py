"""Ubuntu: both revisions of distro-info with both copies of meta-release, and every list of digests."""

from __future__ import annotations

import asyncio
from itertools import product
from pathlib import Path

from sources import digests, signatures, ubuntu
from state.errors import SourceError
from tests.recorded.outcome import Outcome


def check(folder: Path) -> Outcome:
    """Read everything below *folder*; the partner images are signed by a key that is not pinned: refused, named."""
    outcome, seen = Outcome(), set[tuple[str, str]]()
    tables, metas = sorted(folder.glob("distro-info-ubuntu*.csv")), sorted(folder.glob("meta-release*"))
    outcome.files = len(tables) + len(metas)
    for table, meta in product(tables, metas):
        try:
            found = ubuntu.releases({"series": table.read_bytes(), "meta": meta.read_bytes()})
            seen |= {(r.line, r.version.text) for r in found}
        except SourceError as error:
            outcome.refused.append((f"{table.name} + {meta.name}", str(error)))
    outcome.releases = len(seen)
    for file in [*folder.glob("ubuntu-base/*SHA256SUMS"), *sorted(folder.glob("partner-images/*/SHA256SUMS"))]:
        outcome.files += 1
        try:
            digests.read_sha256("ubuntu", file.name, file.read_bytes())
            signature = file.with_name("SHA256SUMS.gpg")
            if signature.exists():
                keys = signatures.keyring("ubuntu")
                asyncio.run(signatures.detached(file, signature.read_bytes(), keys, "ubuntu", signature.name))
        except SourceError as error:
            outcome.refused.append((f"{file.parent.name}/{file.name}", str(error)))
    return outcome
