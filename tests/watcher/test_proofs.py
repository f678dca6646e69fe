"""What a detached signature proved outlives the program: a large file is downloaded for it once."""

from __future__ import annotations

from datetime import UTC, datetime

from state.model import Checksum, Proof
from tests.world import World
from watcher.app import App

URL = "https://www.python.org/ftp/python/3.13.3/Python-3.13.3.tar.xz"
PROOF = Proof(Checksum("sha256", "0" * 64), "signed by me", datetime(2026, 8, 5, tzinfo=UTC))


def test_a_proof_is_there_in_the_next_run_and_not_after_a_dry_one(world: World) -> None:
    """Every source is handed the same memory; a dry run leaves no trace in it."""

    async def keep(app: App) -> None:
        app.feeds("python").proofs.keep(URL, "evidence", PROOF)

    async def find(app: App) -> Proof | None:
        return app.feeds("python").proofs.find(URL, "evidence")

    world.run(keep, dry=True)
    assert world.run(find) is None
    world.run(keep)
    assert world.run(find) == PROOF
