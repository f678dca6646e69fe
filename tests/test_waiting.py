"""What a source costs while something of it waits, which for some is always: the documents, and what waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from sources import SOURCES
from tests.upstream import Upstream
from tests.upstream.eleven import NOW, lay_out_all, put
from tests.world import World
from watcher import workspace
from watcher.app import App
from watcher.sync import Report, sync

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)
RELEASE = "/api.adoptium.net/v3/assets/release_name/"


@pytest.fixture
def waiting(tmp_path: Path) -> Iterator[World]:
    """Every source's upstream: Temurin 8 has no file for ARMv7 yet, two releases of Python nobody signed."""
    lay_out_all(tmp_path / "served", tmp_path / "ws" / "var" / "keys")
    with Upstream(tmp_path / "served") as upstream:
        workspace.make(tmp_path / "ws", [], NOW)
        world = World(tmp_path, upstream)
        world.settings("[registries]\npin = false\n[feed]\ncompare_grace = 60.0\n")
        world.day(NOW)
        yield world


def look(world: World, name: str) -> Report:
    """Run ``watcher sync NAME``, with the requests of this run alone to look at."""
    world.upstream.requests.clear()
    return world.run(lambda app: sync(app, [name]))


def asked(world: World) -> list[tuple[str, int]]:
    """Path and status of each request."""
    return [(seen.path, seen.status) for seen in world.upstream.requests]


def test_only_what_waits_is_asked_for_besides_the_documents(waiting: World) -> None:
    """Of the open pull request's other lines, and of the files that it has, nothing; all of it conditionally."""
    [pull] = look(waiting, "openjdk").pulls
    found = look(waiting, "openjdk")
    assert {(held.line, str(held.arch)) for held in found.held} == {("8-jdk", "armv7hf"), ("8-jre", "armv7hf")}
    documents = len(SOURCES["openjdk"].DOCUMENTS) + 6  # five pages, and the release of which something waits
    once = [path for path, status in asked(waiting) if status == 304]
    assert len(once) == len(set(once)) == documents
    assert [path.partition("?")[0] for path in once if RELEASE in path] == [f"{RELEASE}eclipse/jdk8u502-b07"]
    assert {status for _, status in asked(waiting)} == {304}
    waiting.decide("merge", pull.number)
    look(waiting, "openjdk")
    merged = look(waiting, "openjdk")
    assert (len(merged.held), len(asked(waiting))) == (2, documents)


def test_a_release_that_waits_as_a_whole_costs_its_documents_alone(waiting: World) -> None:
    """.NET 10.0 has no file for ARM64 in its list: until it has, none of its other files is looked at."""
    for _ in range(2):
        held = look(waiting, "dotnet").held
        assert {(each.line, each.arch) for each in held} == {
            ("10.0-aspnet", None),
            ("10.0-runtime", None),
            ("10.0-sdk", None),
        }
        assert all(path.endswith(".json") for path, _ in asked(waiting))
    assert {status for _, status in asked(waiting)} == {304}


def test_new_download_counts_are_nothing_new(waiting: World) -> None:
    """Adoptium's pages have them, so that their bytes differ at every poll: no file is asked for because of that."""
    look(waiting, "openjdk")
    page = next(path for path, _ in asked(waiting) if "/feature_releases/21/" in path)
    file = waiting.served / page.lstrip("/")
    entries = json.loads(file.read_bytes())
    for binary in (binary for entry in entries for binary in entry["binaries"]):
        binary["download_count"] = 1
    put(waiting.served, f"https:/{page}", json.dumps(entries))
    look(waiting, "openjdk")
    for binary in (binary for entry in entries for binary in entry["binaries"]):
        binary["download_count"] = 4711
    put(waiting.served, f"https:/{page}", json.dumps(entries))
    look(waiting, "openjdk")
    assert (page, 200) in asked(waiting)
    assert {path.partition("?")[0] for path, _ in asked(waiting) if RELEASE in path} == {
        f"{RELEASE}eclipse/jdk8u502-b07"
    }


def test_the_newest_release_of_a_line_is_held_and_no_older_one(waiting: World) -> None:
    """That an older one cannot be had either helps nobody."""
    for _ in range(2):
        held = look(waiting, "python").held
        lines = [each.line for each in held]
        assert (len(lines), len(set(lines))) == (2, 2)
        newest = waiting.run(_newest)
        assert all(newest[each.line] == each.version for each in held)


async def _newest(app: App) -> Any:
    return app.store.newest("python", NOW.date())


def test_python_org_is_asked_for_what_waits_at_most_a_hundred_times_a_day(waiting: World) -> None:
    """By what polls really ask, at the pace at which they follow one another while two lines wait."""
    look(waiting, "python")
    at, count = NOW, 0
    while at < NOW + DAY:
        assert len(look(waiting, "python").held) == 2
        count += sum(path.startswith("/www.python.org/") for path, _ in asked(waiting))
        at = waiting.run(_next)
        waiting.day(at)
    assert 0 < count <= 100


async def _next(app: App) -> Any:
    return app.store.source_state("python").next_check
