"""Files are downloaded and compared in the background, once each."""

from __future__ import annotations

import hashlib
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from state.model import Arch, Artifact, Checksum, Version
from state.store import Store
from tests.sources.pages import Pages
from watcher.compare import Comparer

NOW = datetime(2026, 8, 10, tzinfo=UTC)
URL = "https://dl.google.com/go/go1.27.0.linux-armv6l.tar.gz"
BODY = b"stands in for a tarball"


def file(arch: Arch, body: bytes = BODY) -> Artifact:
    """Return the file for one architecture."""
    digest = Checksum("sha256", hashlib.sha256(body).hexdigest())
    said = "sha256 published by upstream"
    return Artifact(arch, "glibc", Version("1.27.0"), URL, digest, said, signed=False)


async def test_one_file_may_serve_several_platforms(tmp_path: Path) -> None:
    """Each platform gets it by one download, and each is refused where it is not what it should be."""
    pages = Pages({URL: BODY}, source="go")
    with closing(Store.open(f"sqlite:///{tmp_path / 'watcher.db'}")) as store:
        comparer = Comparer(store, lambda: NOW)
        wanted = [file(Arch.ARMV6), file(Arch.ARMV7HF)]
        good, bad = await comparer.within(5, wanted, "go", pages)
        assert ([a.arch for a in good], bad, pages.asked) == ([Arch.ARMV6, Arch.ARMV7HF], [], [URL])
        other = [file(Arch.ARMV6, b"x"), file(Arch.ARMV7HF, b"x")]
        good, bad = await comparer.within(5, other, "go", pages)
        assert (good, [a.arch for a, _ in bad]) == ([], [Arch.ARMV6, Arch.ARMV7HF])
