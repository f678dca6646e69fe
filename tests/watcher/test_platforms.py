"""What a release has for each platform: what upstream dropped is told apart from what is late."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from click.testing import CliRunner

from state.model import Held, Release
from tests.toys import AMD64, ARM64, Toys
from watcher.app import App
from watcher.cli import cli
from watcher.platforms import Spot, judged

START = datetime(2024, 11, 1, 9, tzinfo=UTC)


def shown(toys: Toys, *arguments: str) -> str:
    """What ``watcher releases toy`` prints."""
    result = CliRunner().invoke(cli, ["--config", str(toys.world.config_file), "releases", "toy", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def states(toys: Toys) -> dict[str, str]:
    """Platform → state of the newest release."""
    newest: dict[str, Any] = json.loads(shown(toys, "--json"))[0]
    return {f"{p['arch']}/{p['libc']}": p["state"] for p in newest["platforms"] if p["state"] != "absent"}


def test_a_late_platform_is_missing_and_dropped_once_its_time_is_up(toys: Toys) -> None:
    """As long as the policy waits for it, upstream may still bring it; and when it does, it is ready."""
    toys.stack(group="line")
    toys.release("8.0-sdk", "8.0.1")
    toys.world.decide("merge", toys.sync().pulls[0].number)
    assert states(toys) == {"amd64/glibc": "ready", "aarch64/glibc": "ready"}
    toys.announce("8.0-sdk", "8.0.2")
    toys.publish("8.0-sdk", "8.0.2", [AMD64])
    toys.sync()
    assert states(toys) == {"amd64/glibc": "ready", "aarch64/glibc": "missing"}
    toys.later(START + timedelta(hours=73))
    assert states(toys) == {"amd64/glibc": "ready", "aarch64/glibc": "dropped"}
    assert "until 2024-11-04 09:00, overdue" in shown(toys)
    toys.publish("8.0-sdk", "8.0.2")
    toys.sync()
    assert states(toys) == {"amd64/glibc": "ready", "aarch64/glibc": "ready"}


def test_what_the_release_before_had_is_dropped_where_the_catalogue_says_so(toys: Toys) -> None:
    """A platform that no release of the line ever had is absent."""
    toys.stack(group="line")
    toys.release("8.0-sdk", "8.0.1")
    toys.sync()

    async def releases(app: App) -> list[Release]:
        return app.store.releases("toy")

    [before] = toys.world.run(releases)
    spots = [Spot(ARM64, "absent", reason="upstream stopped"), Spot(AMD64._replace(libc="musl"), "absent")]
    assert [spot.state for spot in judged(spots, before, START)] == ["dropped", "absent"]
    assert [spot.state for spot in judged(spots, None, START)] == ["absent", "absent"]
    held = Held("toy", "8.0-sdk", "8.0.2", *ARM64, "404", START)
    assert (
        judged([Spot(ARM64, "missing", held=held)], before, START)[0].state == "missing"
    )  # it may be missing for ever
