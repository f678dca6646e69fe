"""Builds by stage, and the feed of moved tags."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from state.model import Build, BuildState
from state.store import Move
from state.store.board import Job
from tests.web.conftest import Serve
from tests.world import World
from watcher.web.pages.builds import bar, stages, tail
from watcher.web.pages.moves import told

NOW = datetime(2026, 8, 10, 9, tzinfo=UTC)
ATOM = "{http://www.w3.org/2005/Atom}"


def job(number: int, name: str, base: str, state: BuildState = "waiting") -> Job:
    """An image of a plan."""
    return Job(number, name, base, "build", "linux/amd64", state, cached=False, seconds=0.0, error="")


def build(name: str, base: str, **more: object) -> Build:
    """The same as the queue has it."""
    values = {"plan": 7, "commit": "c" * 40, "kind": "build", "platform": "linux/amd64", "hw": "amd64"}
    fixed = {"dockerfile": f"d/{name}", "day": date(2026, 8, 10), "name": name, "base": base}
    return Build(**(values | fixed | more))  # type: ignore[arg-type]


def test_a_stage_stands_on_the_stages_before() -> None:
    """What stands on nothing of the plan is first; what failed is shown before what waits."""
    jobs = [job(1, "a", "out"), job(2, "b", "a"), job(3, "c", "a", "failed"), job(4, "d", "c", "blocked")]
    found = stages(jobs)
    assert [[j.name for j in stage.jobs] for stage in found] == [["a"], ["c", "b"], ["d"]]
    assert found[1].bar.parts == {"waiting": (1, 0.0, 50.0), "failed": (1, 50.0, 50.0)}


def test_a_bar_is_whole() -> None:
    """Its parts begin where the one before ends, and end at a hundred."""
    drawn = bar({"tagged": 1, "pushed": 1, "running": 1, "blocked": 3, "failed": 1})
    assert list(drawn.parts) == ["done", "pushed", "running", "failed"]
    assert drawn.parts["failed"][0] == 4
    assert sum(part[2] for part in drawn.parts.values()) == pytest.approx(100, abs=0.01)


def test_a_log_is_only_ever_read_from_its_folder(tmp_path: Path) -> None:
    """A path that leads out of it is no log; of a long one the end is shown."""
    (tmp_path / "secret").write_text("secret")
    folder = tmp_path / "builds"
    folder.mkdir()
    (folder / "1-1.log").write_bytes(b"x" * 100_000 + b"the end \xff")
    one = build("a", "out", log="1-1.log")
    shown = tail(folder, one)
    assert shown
    assert shown.endswith("the end �")
    assert len(shown) <= 65_536
    for wrong in ("../secret", "/etc/hostname", "", "2.log"):
        assert tail(folder, replace(one, log=wrong)) is None


async def test_a_plan_is_shown_with_its_stages_and_every_image_with_its_log(imported: World, serve: Serve) -> None:
    """The failed image is named on the plan's page, and its own has what it printed, as text."""
    async with serve(imported) as (browser, app, _):
        app.store.builds.add([build("balenalib/a:1", "out", pull=1), build("balenalib/b:1", "balenalib/a:1")])
        first, second = app.store.builds.of(7)
        failed = replace(first, state="failed", error="exit 1 <b>", log="1-1.log", attempts=1, failures=1)
        app.store.builds.save([failed, replace(second, state="blocked")])
        (app.config.var / "builds").mkdir()
        (app.config.var / "builds" / "1-1.log").write_text("RUN <script>alert(1)</script>")
        assert "/builds/7" in (await browser.get("/builds")).text
        text = (await browser.get("/builds/7")).text
        assert "Stage 2" in text
        assert "exit 1 &lt;b&gt;" in text
        text = (await browser.get(f"/builds/7/{first.id}")).text
        assert "RUN &lt;script&gt;" in text
        assert (await browser.get(f"/builds/8/{first.id}")).status_code == 404
        assert (await browser.get("/builds/8")).status_code == 404


async def test_every_moved_tag_is_in_the_feeds(imported: World, serve: Serve) -> None:
    """Which, why, from what to what: to people, as Atom and as JSON; what is written once only where it is asked for."""
    moves = [
        Move("balenalib/amd64-debian", "bookworm", "sha256:" + "a" * 64, "sha256:" + "b" * 64, NOW, "release", "<12.9>", 1),
        Move("balenalib/amd64-debian", "latest", "", "sha256:" + "b" * 64, NOW, "rollback"),
        Move("balenalib/amd64-debian", "bookworm-20260810", "", "sha256:" + "b" * 64, NOW, "release", dated=True),
    ]  # fmt: skip
    async with serve(imported) as (browser, app, _):
        app.store.ledger.moved(moves)
        text = (await browser.get("/moves")).text
        assert "bookworm" in text
        assert "20260810" not in text
        assert "bookworm-20260810" in (await browser.get("/moves?dated=1")).text
        answer = await browser.get("/moves.atom")
        assert answer.headers["content-type"].startswith("application/atom+xml")
        feed = ET.fromstring(answer.text)
        entries = feed.findall(f"{ATOM}entry")
        assert {e.findtext(f"{ATOM}title") for e in entries} == {
            "balenalib/amd64-debian:bookworm moved", "balenalib/amd64-debian:latest moved"}  # fmt: skip
        assert len({e.findtext(f"{ATOM}id") for e in entries}) == 2
        contents = {e.findtext(f"{ATOM}content") for e in entries}
        assert told(moves[0]) in contents
        assert feed.findtext(f"{ATOM}updated") == NOW.isoformat()
        items = (await browser.get("/moves.json")).json()["items"]
        assert {item["_move"]["why"] for item in items} == {"release", "rollback"}
        assert any(item["url"].endswith("/changes/1") for item in items)
