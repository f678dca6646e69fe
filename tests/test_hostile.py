"""A hostile world, end to end: whatever a feed does, its trouble is named, nothing is lost, and others are served."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.toys import Toys
from tests.upstream import Fault
from tests.upstream.layout import write
from tests.world import NEWER, OLDER, World
from watcher.app import App
from watcher.sync import Report, sync

pytestmark = pytest.mark.slow

INDEX = "/nodejs.org/dist/index.json"
IMPATIENT = """[feed]
attempts = 1
read_seconds = 0.3
document_seconds = 1.5
document_limit = 4194304
"""
DEEP = b"[" * 200_000
FAULTS = [
    (Fault("truncate"), "the answer broke off"),
    (Fault("stall"), "no answer in time"),
    (Fault("drip"), "1.5 s"),
    (Fault("endless"), "4194304 bytes"),
    (Fault("bomb", 1 << 23), "4194304 bytes"),
    (Fault("drop"), "the answer broke off"),
    (Fault("redirect", "http://169.254.169.254/latest/meta-data"), "169.254.169.254"),
    (Fault("redirect", "file:///etc/passwd"), "redirect"),
    (Fault("html"), "HTML"),
    (Fault("status", 500), "500"),
    (Fault("status", 401), "401"),
    (Fault("status", 429, headers=(("Retry-After", "99999999999"),)), "429"),
    (Fault("body", '[{"version": "v22.12.0", "date": "2024-12-03"}]'.encode("utf-16")), "not JSON"),
    (Fault("body", b'[{"version": "v22.12.0\xff"}]'), "not JSON"),
    (Fault("body", b""), "not JSON"),
    (Fault("body", DEEP), "not JSON"),
    (Fault("body", b"[" + b"9" * 10_000 + b"]"), "not JSON"),
    (Fault("body", b'{"versions": []}'), "is not a list"),
    (Fault("body", b"[]"), "no release"),
    (Fault("body", b'[null, 1, "v22.0.0"]'), "[0]"),
    (Fault("body", b'[{"version": "v22.12.0", "date": "9999-99-99"}]'), "[0].date"),
    (Fault("body", b'[{"version": "v../../etc", "date": "2024-12-03"}]'), "[0].version"),
]


@pytest.fixture
def beside(toys: Toys) -> Toys:
    """Node is recorded, and toys are served beside it."""
    toys.world.only("22.11.0")
    toys.stack(allowed=())
    toys.world.settings(IMPATIENT)
    toys.world.sync()
    toys.world.decide("merge", 1)
    return toys


def misbehave(world: World, fault: Fault) -> None:
    """Let the index be had like that; another body is another document, with an ETag of its own."""
    if isinstance(fault.value, bytes):
        world.upstream.faults.clear()
        write(world.served / INDEX.lstrip("/"), fault.value)
    else:
        world.upstream.faults[INDEX] = fault


def both(world: World) -> Report:
    """Run ``watcher sync node toy``."""
    return world.run(lambda app: sync(app, ["node", "toy"]))


def remembered(world: World) -> dict[str, Any]:
    """What is known of Node."""

    async def job(app: App) -> dict[str, Any]:
        releases = [(r.line, str(r.version), len(r.artifacts)) for r in app.store.releases("node")]
        return {"releases": releases, "withdrawn": dict(app.store.withdrawn("node")), "held": app.store.holds("node")}

    return world.run(job)


def test_every_fault_is_named_changes_nothing_and_stops_nobody_else(beside: Toys) -> None:
    """One world meets all of them in turn; toys are polled each time, and proposed when they come out."""
    world = beside.world
    before, refs = remembered(world), world.git("for-each-ref")
    wrong = []
    for fault, said in FAULTS:
        misbehave(world, fault)
        found = both(world)
        told = [(f.source, f.url, said in f"{f.field}: {f.error}") for f in found.failed]
        if told != [("node", "https://nodejs.org/dist/index.json", True)] or found.exit_code != 3 or found.pulls:
            wrong.append((fault.kind, str(fault.value)[:60], said, found.failed))
    assert not wrong, wrong
    assert remembered(world) == before
    assert world.git("for-each-ref") == refs
    beside.release("8-sdk", "8.0.1")
    beside.release("8-runtime", "8.0.1")
    misbehave(world, FAULTS[0][0])
    assert [pull.source for pull in both(world).pulls] == ["toy"]
    world.publish(OLDER)
    world.only("22.11.0")
    world.upstream.faults.clear()
    beside.list()
    healthy = both(world)
    assert (healthy.failed, healthy.exit_code) == ([], 0)


def test_ten_thousand_releases_at_once_cost_a_few_requests(imported: World) -> None:
    """The newest few are looked at; the rest is recorded, and costs no request of its own."""
    entry = imported.index()[0]
    many = [{**entry, "version": f"v22.{minor}.{patch}"} for minor in range(100, 200) for patch in range(100)]
    imported.serve_index([*many, *imported.index()])
    imported.upstream.requests.clear()
    found = imported.sync()
    assert found["pulls"] == []  # none of them has files
    assert {held["version"] for held in found["held"]} <= {"22.199.99", "22.199.98", "22.199.97"}
    assert len(imported.upstream.requests) < 20

    async def count(app: App) -> int:
        return len(app.store.releases("node"))

    assert imported.run(count) == 10_001


@pytest.mark.parametrize("day", ["9999-12-31", "2030-01-01"])
def test_a_release_of_the_future_is_not_proposed_before_its_day(imported: World, day: str) -> None:
    """A date that has not come is a slip or a trick: nothing is opened, nothing crashes."""
    imported.publish(NEWER)
    entries = [{**e, "date": day} if e["version"] == "v22.23.2" else e for e in imported.index()]
    imported.serve_index([e for e in entries if e["version"] in ("v22.23.2", "v22.11.0")])
    found = imported.sync()
    assert found["pulls"] == []
    assert "22.23.2" in json.dumps([found["held"], found["skipped"]])


def test_an_old_index_proposes_no_downgrade(imported: World) -> None:
    """A rollback attack: everything that is served is genuine and signed, and old. What is recorded stays."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.decide("merge", imported.sync()["pulls"][0]["number"])
    recorded = imported.text("catalogue/releases/node/22.json")
    imported.publish(OLDER)
    imported.only("22.11.0")
    imported.day(NEWER[2] + timedelta(days=1))
    found = imported.sync()
    assert [pull for pull in found["pulls"] if pull["line"] == "22"] == []
    assert [(s["version"], "withdrawn" in s["reason"]) for s in found["skipped"]] == [("22.23.2", True)]
    assert imported.text("catalogue/releases/node/22.json") == recorded


@pytest.mark.parametrize("served", [("22.23.1", "22.11.0"), ()])
def test_an_old_index_takes_no_proposal_back(proposed: World, served: tuple[str, ...]) -> None:
    """What is proposed may be the security release that an attacker hides: it stays open, and the run says why."""
    index = proposed.index()
    proposed.serve_index([e for e in index if e["version"][1:] in served] or [index[0] | {"version": "v16.99.0"}])
    for _ in range(2):
        found = proposed.sync()
        assert (found["pulls"], proposed.pull(2).standing) == ([], "open")
        [reason] = [s["reason"] for s in found["skipped"] if s["version"] == "22.23.2"]
        assert "the index is older than the one of 2026-08-10 09:00 that listed 22.23.2" in reason
        assert "is still there" in reason
        proposed.day(NEWER[2] + timedelta(days=1))
    proposed.serve_index(index)
    assert proposed.sync()["skipped"] == []


def test_a_clock_that_jumps_takes_nothing_back(imported: World) -> None:
    """Years back, and to the year 2100: what is recorded stays; the end of a line is proposed, and no more than that."""
    recorded = imported.git("rev-parse", "main")
    imported.day(datetime(1999, 12, 31, tzinfo=UTC))
    imported.touch()
    assert imported.sync()["pulls"] == []
    imported.day(datetime(2100, 1, 1, tzinfo=UTC))
    assert [pull["title"] for pull in imported.sync()["pulls"]] == ["node: remove 22 (end of life 2027-04-30)"]
    imported.day(OLDER[2])
    assert imported.sync()["failed"] == []
    assert imported.git("rev-parse", "main") == recorded


def test_a_bad_feed_ends_the_command_with_three_and_one_line(imported: World) -> None:
    """Standard error names source, URL and field; no traceback."""
    misbehave(imported, Fault("body", b'[{"version": "v1; rm -rf /", "date": "2024-12-03"}]'))
    program = Path(sys.executable).with_name("watcher")
    command = [str(program), "--config", str(imported.config_file), "sync", "node"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    [line] = done.stderr.splitlines()
    assert line.startswith("failed   node https://nodejs.org/dist/index.json [0].version: ")
