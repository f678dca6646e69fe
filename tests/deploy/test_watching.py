"""Alerts and the board ask for metrics that there are, of a watcher that really runs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import Serve
from tests.world import World
from watcher.app import App
from watcher.web import metrics
from watcher.web.metrics import Metrics

DEPLOY = Path(__file__).parents[2] / "deploy"
_NAME = re.compile(r"\b((?:watcher|process)_[a-z_]+)\b")


def rules() -> list[dict[str, Any]]:
    """All alert rules."""
    groups = yaml.safe_load((DEPLOY / "prometheus" / "alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def board() -> dict[str, Any]:
    """The Grafana board."""
    found: dict[str, Any] = json.loads((DEPLOY / "grafana" / "board.json").read_text())
    return found


@pytest.fixture
def expressions() -> list[str]:
    """What they ask Prometheus."""
    panels = [target["expr"] for panel in board()["panels"] for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + panels


async def test_every_metric_that_is_asked_for_is_told(proposed: World, serve: Serve, expressions: list[str]) -> None:
    """A name that is misspelt would be an alert that never fires."""
    async with serve(proposed) as (_, app, _):
        text = b"".join(generate(app)).decode()
    told = {
        sample for family in text_string_to_metric_families(text) for sample in (family.name, f"{family.name}_total")
    }
    # Told only where a forge limits its calls, and while a pull request is open.
    told |= {"watcher_forge_calls_left", "watcher_pull_oldest_timestamp_seconds"}
    asked = {name for expression in expressions for name in _NAME.findall(expression)}
    assert len(asked) > 10
    assert asked <= told


def test_every_metric_is_described_once() -> None:
    """daemon.md has a line for each that the code names, and no two that say different things."""
    told = (DEPLOY / "docs" / "how-to" / "daemon.md").read_text()
    rows = re.findall(r"^\| (`watcher_.*?) \|", told, re.MULTILINE)
    described = sorted(name for row in rows for name in re.findall(r"`(watcher_[a-z_]+)", row))
    named = set(re.findall(r'"(watcher_[a-z_]+)"', Path(metrics.__file__).read_text()))
    assert described == sorted(named - {"watcher_info"})


def generate(app: App) -> list[bytes]:
    """What a scrape would be answered."""
    from prometheus_client import generate_latest  # noqa: PLC0415

    return [generate_latest(Metrics(app).registry)]


def test_every_alert_says_what_happened_and_what_to_do() -> None:
    """A name, a severity that people sort by, a summary, and a way on."""
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"]["summary"]
        assert rule["annotations"]["description"]


def test_the_board_can_be_put_up_anywhere() -> None:
    """Its source of data is chosen by who imports it; panels have their own numbers and do not lie on each other."""
    panels = board()["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
        assert panel["datasource"]["uid"] == "${datasource}"
