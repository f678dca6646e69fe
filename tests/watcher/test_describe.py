"""``watcher describe`` reads the ledger."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from state.store import Published
from tests.world import World
from watcher.app import App
from watcher.cli import cli

NAME = "balenalib/amd64-debian"


def test_a_description_is_of_what_was_pushed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing pushed is a failure; then Markdown for the registry, and a line of it for programs."""
    monkeypatch.chdir(world.folder / "ws")

    def call(*arguments: str) -> Result:
        return CliRunner().invoke(cli, ["describe", *arguments])

    refused = call("amd64-debian")
    assert (refused.exit_code, "nothing is known" in refused.stderr) == (1, True)
    assert call("amd64-nothing-there").exit_code == 2
    row = Published(NAME, "trixie-run", f"sha256:{'a' * 64}", datetime(2024, 11, 1, tzinfo=UTC), dated=False)

    async def push(app: App) -> None:
        app.store.ledger.add([row])

    world.run(push)
    told = json.loads(call("amd64-debian", "--json").stdout)
    assert told["short"] == "Debian GNU/Linux for amd64 (linux/amd64)"
    assert told["full"] == call(NAME).stdout
    assert f"| trixie, run | `trixie-run` | `{row.digest}` | 2024-11-01 |" in told["full"]
