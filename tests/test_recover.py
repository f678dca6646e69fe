"""The memory was deleted: what the images repository and the forge tell brings it back."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from builder.ports import Draft
from tests.distro_world import DistroWorld
from tests.world import NEWER, World
from watcher.app import App
from watcher.recover import recover

pytestmark = pytest.mark.slow

PROGRAM = Path(sys.executable).with_name("watcher")


def watcher(world: World, *arguments: str, code: int = 0) -> str:
    """Run the program and return what it said."""
    command = [str(PROGRAM), "--config", str(world.config_file), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout


def remembered(world: World) -> dict[str, Any]:
    """Status, pull requests as records, and what is not wanted: what a person or a step can see of the memory.

    Left out are the numbers of events and the second of the last write; and URLs, for worlds that are copied.
    """

    async def job(app: App) -> dict[str, Any]:
        names = ("node", "debian", "render")
        pulls = [
            {name: getattr(pull, name) for name in pull.__slots__ if name not in ("event", "updated_at", "url")}
            for pull in app.store.pulls()
        ]
        ignored = [sorted(app.store.ignored(name)) for name in names]
        return {"ignored": ignored, "pulls": pulls, "status": app.store.status(app.now().date())}

    return world.run(job)


def walked(world: World) -> World:
    """Merged, open and closed ones, among them a removal."""
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    numbers = {pull["line"]: pull["number"] for pull in world.sync()["pulls"]}
    world.decide("merge", numbers["22"])
    world.decide("close", numbers["26"])
    world.decide("close", numbers["18"])
    world.sync()
    return world


def test_status_is_the_same_before_and_after(world: World) -> None:
    """Open ones are found, closed ones stay refused, times are those of commits; then all goes on as if nothing was."""
    walked(world)
    before, refs = remembered(world), world.git("for-each-ref")
    shutil.rmtree(world.folder / "ws" / "var")
    said = watcher(world, "recover")
    assert "Pull requests found again: 2 closed, 2 merged, 3 open; known before: 0." in said
    assert "not wanted   node 26 26.7.0" in said
    assert remembered(world) == before
    assert world.run(recover).known == 7  # safe to repeat
    assert world.sync()["pulls"] == []
    assert remembered(world) == before
    assert world.git("for-each-ref") == refs
    # What asked for each pull request is known again: where it no longer merges it is made anew.
    for pull in sorted(world.pulls(), key=lambda pull: pull.number):
        if pull.state == "open":
            assert world.decide("merge", pull.number).state == "merged"
    records = {p.split("/")[-1] for p in world.paths() if p.startswith("catalogue/releases/node/")}
    assert records == {"18.json", "22.json", "24.json"}


def test_an_edited_body_or_title_changes_nothing(world: World) -> None:
    """Only commits tell what a pull request brings."""
    world.only("22.11.0")
    world.sync()

    async def edit(app: App) -> None:
        draft = Draft("watcher/node/import", "main", "node: 1.0 -> 9.9", "<!-- watcher: key=evil -->")
        await app.forge.update(1, draft)

    before = world.pulls()
    world.run(edit)
    shutil.rmtree(world.folder / "ws" / "var")
    world.run(recover)
    assert [(p.title, dict(p.lines), p.key) for p in world.pulls()] == [(p.title, dict(p.lines), p.key) for p in before]


def test_what_the_watcher_closed_itself_is_not_refused(world: World) -> None:
    """A pull request that became pointless was no maintainer's decision: its label tells."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    world.sync()

    async def ignore(app: App) -> None:
        app.store.ignore("node", "", "22.23.2", "not that one", app.now())

    world.run(ignore)
    world.sync()
    assert [(pull.number, pull.state) for pull in world.pulls()] == [(2, "closed"), (1, "merged")]
    shutil.rmtree(world.folder / "ws" / "var")
    assert world.run(recover).ignored == []
    world.sync()
    [again] = [pull for pull in world.pulls() if pull.state == "open"]
    assert again.new == "22.23.2"
    assert "withdrawn" not in world.pull(again.number).labels


def test_a_distros_pull_requests_come_back_too(distro: DistroWorld) -> None:
    """Point releases, packages and refused ones are told by their commits and records."""
    distro.versions["bookworm"] = "12.9"
    distro.packages["openssl"] = "3.0.15-1~deb12u1"
    distro.secured = "Sun, 22 Nov 2026 00:53:03 UTC"
    distro.serve()
    numbers = {pull["branch"]: pull["number"] for pull in distro.seen()["pulls"]}
    distro.decide("close", numbers["watcher/debian/bookworm"])
    distro.look()
    before = remembered(distro)
    (distro.folder / "ws" / "var" / "watcher.db").unlink()
    assert distro.run(recover).untold == []
    distro.look()
    assert remembered(distro) == before
    assert distro.look().pulls == []


def test_a_yanked_version_stays_yanked(imported: World) -> None:
    """The commit that takes it back says so: it is not proposed again, and made anew its pull request still takes it back."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.sync()
    imported.decide("merge", 2)
    watcher(imported, "yank", "node", "22.23.2", "--reason", "TLS breaks")
    before = remembered(imported)
    shutil.rmtree(imported.folder / "ws" / "var")
    assert "not wanted   node 22 22.23.2" in watcher(imported, "recover")
    after = remembered(imported)
    assert after["ignored"] == before["ignored"]
    assert after["pulls"] == before["pulls"]
    imported.decide("merge", 3)
    assert imported.sync()["pulls"] == []
