"""The reference page of ``/metrics``: what a new workspace's watcher really answers to a scrape."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Mapping
from pathlib import Path

from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from watcher import workspace
from watcher.config import clock, load
from watcher.web.metrics import Metrics
from watcher.wiring import wired

SOMETIMES: Mapping[str, str] = {
    "watcher_pull_oldest_timestamp_seconds": "gauge | Told while a pull request is open: when the one was opened that waits longest.",
    "watcher_forge_calls_left": "gauge | Told where the forge limits its calls: how many it still allows.",
}
"""What a new workspace has no value of."""


def page() -> str:
    """Every metric with its kind and its help."""
    told = {
        f"{family.name}_total" if family.type == "counter" else family.name: f"{family.type} | {family.documentation}"
        for family in text_string_to_metric_families(asyncio.run(_scrape()))
        if family.name.startswith("watcher_")
    }
    rows = [f"| `{name}` | {about} |" for name, about in sorted({**told, **SOMETIMES}.items())]
    head = (
        "# Metrics\n\n`/metrics` answers Prometheus, by the rules of `[web]` for reading. Times are Unix seconds (UTC). "
        "Besides these there are the usual ones of the process (`process_…`, `python_info`).\n\n"
        "Alert rules are in `deploy/prometheus/alerts.yaml`, a Grafana board in `deploy/grafana/board.json`.\n\n"
        "| metric | kind | what it is |\n| --- | --- | --- |\n"
    )
    return head + "\n".join(rows) + "\n"


async def _scrape() -> str:
    """What the watcher of a new workspace answers."""
    with tempfile.TemporaryDirectory(prefix="watcher-metrics-") as name:
        folder = Path(name) / "workspace"
        await asyncio.to_thread(workspace.make, folder, [], clock())
        async with wired(load(folder / "watcher.toml")) as app:
            return generate_latest(Metrics(app).registry).decode()
