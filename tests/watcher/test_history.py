"""What a name led to, as people and programs are told."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from state.store import Move, Pin, Published
from tests.world import World
from watcher.app import App
from watcher.cli import cli

NAME = "balenalib/amd64-debian"
STEM = "trixie-run"
OLD, ONE, TWO = (f"sha256:{letter * 64}" for letter in "abc")
DAYS = [datetime(2026, 11, day, 9, tzinfo=UTC) for day in (20, 22)]


def _call(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["history", *arguments])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def there(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A workspace whose registry had an image before us, and two of ours since."""

    async def fill(app: App) -> None:
        before = datetime(2024, 7, 15, tzinfo=UTC)
        app.store.ledger.add([Published(NAME, f"{STEM}-20240715", OLD, before, dated=True, origin="adopted")])
        for at, digest in zip(DAYS, (ONE, TWO), strict=True):
            tags = ["trixie", STEM, f"{STEM}-{at:%Y%m%d}"]
            app.store.ledger.moved(
                Move(NAME, tag, "", digest, at, "plan", f"debian of {at:%d}", dated=tag[-1].isdigit()) for tag in tags
            )
        app.store.ledger.pins.add([Pin(NAME, "trixie", TWO, DAYS[1], "TLS is broken")])

    world.run(fill)
    monkeypatch.chdir(world.folder / "ws")
    return world


def test_a_moving_name_is_told_with_the_names_that_stay(there: World) -> None:
    """Each digest once, the newest first, with the dated name that leads to it."""
    told = json.loads(_call("amd64-debian:trixie", "--json").stdout)
    assert told["name"] == f"{NAME}:trixie"
    assert told["digest"] == TWO
    assert told["pinned"] == {"digest": TWO, "since": DAYS[1].isoformat(), "reason": "TLS is broken"}
    assert [(step["digest"], step["before"], step["what"]) for step in told["history"]] == [
        (TWO, ONE, "debian of 22"),
        (ONE, "", "debian of 20"),
    ]
    assert told["history"][0]["dated"] == [f"{NAME}:{STEM}-20261122"]
    shown = _call("amd64-debian:trixie").stdout
    assert f"→  2026-11-22 09:00  sha256:{'c' * 12}  debian of 22" in shown
    assert "pinned since 2026-11-22 09:00" in shown


def test_what_was_there_before_us_is_told_by_its_dated_names(there: World) -> None:
    """The canonical name knows them; so does a name that leaves parts out and was never published itself."""
    told = json.loads(_call("amd64:trixie-run", "--json").stdout)
    assert told["name"] == f"{NAME}:{STEM}"
    assert [step["why"] for step in told["history"]] == ["plan", "plan", "adopted"]
    assert told["history"][2]["dated"] == [f"{NAME}:{STEM}-20240715"]


def test_a_name_that_nobody_published_says_so(there: World) -> None:
    """One that could be is told apart from one that could not."""
    assert "not known to have been pushed" in _call("amd64-alpine", code=1).stdout
    assert "there is no architecture or device type pdp11" in _call("pdp11-debian", code=2).output
