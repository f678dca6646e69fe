"""The metrics: what Prometheus reads is what is so."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from prometheus_client.parser import text_string_to_metric_families

from state.model import Build
from state.store import Wanted
from tests.upstream import Fault
from tests.upstream.layout import OFFICIAL
from tests.watcher.web.asking import Asking, ask
from tests.world import NEWER, World
from watcher.app import App

Found = dict[tuple[str, tuple[str, ...]], float]


def scrape(world: World) -> Found:
    """Every sample: name, and the values of its labels by their names → number."""

    async def job(asking: Asking) -> str:
        found = await asking.client.get("/metrics")
        assert found.status_code == 200
        assert found.headers["content-type"].startswith("text/plain")
        return found.text

    families = text_string_to_metric_families(ask(world, job))
    return {
        (sample.name, tuple(sample.labels.values())): sample.value for family in families for sample in family.samples
    }


def test_a_scrape_tells_how_things_stand(imported: World) -> None:
    """Polls, lags, what is open, held, failing, paused, wished; and the process itself."""
    imported.publish(NEWER)
    pulls = imported.sync()["pulls"]

    async def disturb(app: App) -> None:
        app.store.desk.pause("go", "by hand", app.now())
        app.store.desk.inbox.wish(Wanted("look"), app.now())

    imported.run(disturb)
    found = scrape(imported)
    assert found["watcher_feed_last_success_timestamp_seconds", ("node",)] == NEWER[2].timestamp()
    assert found["watcher_feed_failing", ("node",)] == 0
    assert ("watcher_feed_last_success_timestamp_seconds", ("go",)) not in found
    assert (found["watcher_source_paused", ("go",)], found["watcher_source_paused", ("node",)]) == (1, 0)
    assert found["watcher_pulls_open", ("node",)] == len(pulls)
    assert found["watcher_pull_oldest_timestamp_seconds", ()] == NEWER[2].timestamp()
    assert (found["watcher_events_unfinished", ()], found["watcher_wishes_open", ()]) == (0, 1)
    seen = found["watcher_release_lag_seconds", ("24", "node", "seen")]
    assert seen == (NEWER[2] - datetime(2026, 8, 3, tzinfo=UTC)).total_seconds()
    assert found["watcher_release_lag_seconds", ("24", "node", "pull")] == seen
    assert ("watcher_release_lag_seconds", ("24", "node", "merged")) not in found
    assert found["process_resident_memory_bytes", ()] > 2**20


def test_a_feed_that_fails_is_told_with_its_beginning(imported: World) -> None:
    """And the last good poll stays where it was."""
    good = scrape(imported)["watcher_feed_last_success_timestamp_seconds", ("node",)]
    imported.publish(NEWER)
    for name in ("index.json", "v22.23.2/SHASUMS256.txt.asc"):
        imported.upstream.faults[f"/{OFFICIAL}/{name}"] = Fault("status", 404)
    imported.sync()
    found = scrape(imported)
    assert found["watcher_feed_failing", ("node",)] == 1
    assert found["watcher_feed_failing_since_timestamp_seconds", ("node",)] == NEWER[2].timestamp()
    assert found["watcher_feed_last_success_timestamp_seconds", ("node",)] >= good


def test_builds_are_counted_by_what_became_of_them(world: World) -> None:
    """Built, there already, relabelled; and every attempt that failed, also of what was made in the end."""

    async def make(app: App) -> None:
        image = Build(plan=1, commit="c" * 40, name="", kind="build", platform="linux/amd64", hw="amd64",
                      dockerfile="d", base="b", day=date(2026, 8, 10))  # fmt: skip
        made = {"digest": "sha256:" + "1" * 64, "state": "tagged"}
        rows = [
            {"attempts": 1, **made}, {"attempts": 3, **made}, {"attempts": 1, "cached": True, **made},
            {"kind": "relabel", **made}, {"attempts": 2, "state": "failed"}, {"state": "waiting"},
        ]  # fmt: skip
        app.store.builds.add([replace(image, name=f"n:{n}", hw=f"h{n}") for n in range(len(rows))])
        added = app.store.builds.of(1)
        app.store.builds.save(replace(b, **row) for b, row in zip(added, rows, strict=True))  # type: ignore[arg-type]

    world.run(make)
    found = scrape(world)
    outcomes = {labels[0]: number for (name, labels), number in found.items() if name == "watcher_builds_total"}
    assert outcomes == {"built": 2, "cached": 1, "relabelled": 1, "failed": 4}
    queue = {labels[0]: number for (name, labels), number in found.items() if name == "watcher_builds"}
    assert queue == {"failed": 1, "waiting": 1}


def test_metrics_are_for_who_may_read(world: World) -> None:
    """From elsewhere without the token: nothing."""

    async def job(asking: Asking) -> int:
        return (await asking.client.get("/metrics", headers={"host": "watcher.example.org"})).status_code

    assert ask(world, job) == 401
