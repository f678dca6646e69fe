"""Builds by stage, and on the overview."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from state.model import Build, BuildState
from state.store.board import Job
from tests.web.conftest import Serve
from tests.world import World
from watcher.web.pages.builds import bar, stages, tail, waits_for
from watcher.web.stage_plot import ROWS, graph

NOW = datetime(2026, 8, 10, 9, tzinfo=UTC)


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


def test_what_waits_says_why() -> None:
    """For what it stands on, while that is not made; for its turn; an error of its own says it already."""
    made, late = (build("b", "a", state="waiting", error=error) for error in ("", "no worker builds linux/arm"))
    assert [waits_for(made, state) for state in ("running", "failed")] == [
        "waits for a (running)",
        "waits for a (failed)",
    ]
    assert {waits_for(made, state) for state in ("tagged", "pushed", None)} == {
        "waits for its turn: what it stands on is there"
    }
    assert waits_for(late, "running") == ""
    assert stages([job(1, "a", "out", "running"), job(2, "b", "a")])[1].waits == {2: "waits for a (running)"}


def test_a_graph_has_a_line_from_each_box_to_what_stands_on_it() -> None:
    """Images on the same box are one box of the next column, which says how far it is; what waits is marked."""
    jobs = [job(1, "n/a:1", "out", "tagged"), job(2, "n/a:2", "out", "running"), job(3, "n/b:1", "out", "tagged"),
            job(4, "n/c:1", "n/a:1"), job(5, "n/d:1", "n/a:2"), job(6, "n/e:1", "n/b:1", "pushed")]  # fmt: skip
    drawn = graph(jobs)
    told = {box.label: (box.stage, box.told, [below.label for below in box.below]) for box in drawn.boxes}
    assert told == {
        "a": (0, "1 done, 1 running", []), "b": (0, "1 done", []),
        "c + 1": (1, "2 waiting", ["a"]), "e": (1, "1 pushed", ["b"]),
    }  # fmt: skip
    assert [waits for _, waits in drawn.lines] == [True, False]
    assert len({box.x for box in drawn.boxes}) == len(drawn.heads) == 2
    assert not graph([]).boxes


def test_a_long_column_of_a_graph_keeps_what_is_urgent() -> None:
    """The others are one box, and lines lead from it to what stands on them."""
    jobs = [job(n, f"n/a{n}:1", "out", "failed" if n == 49 else "tagged") for n in range(50)]
    jobs += [job(50 + n, f"n/b{n}:1", f"n/a{n}:1", "waiting") for n in range(50)]
    drawn = graph(jobs)
    columns = [[box for box in drawn.boxes if box.stage == stage] for stage in (0, 1)]
    assert [len(column) for column in columns] == [ROWS + 1, ROWS + 1]
    assert [box.told for box in columns[0]].count("1 failed") == 1
    assert sum(box.states.total() for box in drawn.boxes) == 100
    assert all(below in drawn.boxes for box in drawn.boxes for below in box.below)
    assert all(below.x < box.x for box in drawn.boxes for below in box.below)


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
        (app.config.var / "builds" / "1-1.log").unlink()
        text = (await browser.get(f"/builds/7/{first.id}")).text
        assert f"watcher builds log {first.id}" in text
        assert "its end is quoted above" in text
        assert (await browser.get(f"/builds/8/{first.id}")).status_code == 404
        assert (await browser.get("/builds/8")).status_code == 404


async def test_the_overview_tells_what_is_being_built_and_what_failed(imported: World, serve: Serve) -> None:
    """By plan, with what runs now; a failed image is told under what went wrong, and nothing is well then."""
    async with serve(imported) as (browser, app, _):
        app.store.builds.add([build("balenalib/a:1", "out", source="node"), build("balenalib/b:1", "balenalib/a:1")])
        first, second = app.store.builds.of(7)
        app.store.builds.save([replace(first, state="running", attempts=1)])
        text = (await browser.get("/")).text
        assert "All is well" in text
        assert ">Building</h2>" in text
        assert f'href="/builds/7/{first.id}"' in text
        assert f'href="/builds/7/{second.id}"' not in text
        assert re.search(r"builds underway</dt><dd><a[^>]*>2<", text)
        failed = replace(
            first, state="failed", step="RUN curl", error="fetching\nno such <host>\n", failures=3, attempts=3
        )
        app.store.builds.save([failed, replace(second, state="blocked")])
        text = (await browser.get("/")).text
        assert "Something needs a look" in text
        assert ">Building</h2>" not in text
        wrong = text[text.index("What went wrong") : text.index('id="sources"')]
        assert f'href="/builds/7/{first.id}"' in wrong
        assert "no such &lt;host&gt;" in wrong
        assert "left to people" in wrong
        assert re.search(r"builds failed</dt><dd><a[^>]*>1<", text)


async def test_plans_underway_are_told_newest_first_and_others_are_not(imported: World, serve: Serve) -> None:
    """A plan whose images are all made, failed or superseded is not being built."""
    async with serve(imported) as (_, app, _):
        plans = [replace(build(f"balenalib/x:{n}", "out"), plan=n) for n in range(1, 7)]
        app.store.builds.add(plans)
        states: dict[int, BuildState] = {1: "pushed", 2: "tagged", 3: "failed", 5: "running", 6: "superseded"}
        for plan, state in states.items():
            app.store.builds.save(replace(each, state=state) for each in app.store.builds.of(plan))
        board = app.store.pages.board
        assert [each.plan for each in board.underway(9)] == [5, 4, 1]
        assert [each.plan for each in board.underway(2)] == [5, 4]
        assert [(plan, job.name) for plan, job in board.running(9)] == [(5, "balenalib/x:5")]


async def test_a_paused_source_is_told_as_paused(imported: World, serve: Serve) -> None:
    """With a person's reason, on the overview and on its own page, and nowhere as good."""
    async with serve(imported) as (browser, app, _):
        app.store.desk.pause("node", "their <keys> change", NOW)
        app.store.desk.pause("go", "", NOW)
        text = (await browser.get("/")).text
        cards = dict(re.findall(r'<article class="card">\s*<h3><a id="source-(\w+)"(.*?)</article>', text, re.DOTALL))
        assert cards.keys() == {"node", "go"}
        for name, card in cards.items():
            assert ">paused<" in card, name
            assert ">ok<" not in card, name
        assert "their &lt;keys&gt; change" in cards["node"]
        assert ">paused<" in (await browser.get("/sources/node")).text
