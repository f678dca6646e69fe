"""What upstreams and crashes do to a watcher, and what it must do then. Each end to end."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from builder.git import CloneRepository
from state.errors import GitError
from state.events import ArtifactChanged
from state.model import Checksum
from state.store import Store
from tests.upstream import Fault
from tests.upstream.layout import BUNDLED, OFFICIAL, UNOFFICIAL, official
from tests.world import NEWER, World
from watcher.app import App
from watcher.sync import sync

LIST = "SHASUMS256.txt.asc"


def test_a_changed_checksum_is_shown_and_never_proposed(imported: World) -> None:
    """Unofficial lists are rewritten: what was recorded stays, until a person approves the new digest."""
    before = imported.text("catalogue/releases/node/22.json")
    folder = imported.served / UNOFFICIAL / "v22.11.0"
    name = "node-v22.11.0-linux-x64-musl.tar.xz"
    (folder / name).write_bytes(b"respun")
    _rewrite_list(imported, "22.11.0")
    imported.serve_index([*imported.index(), _entry(imported, "22.10.0")])
    found = imported.sync()
    assert found["pulls"] == []
    [held] = found["held"]
    assert "checksum changed" in held["reason"]

    async def changed(app: App) -> list[ArtifactChanged]:
        return [e.event for e in app.store.events_after(0) if isinstance(e.event, ArtifactChanged)]

    [event] = imported.run(changed)
    assert event.url.endswith(name)
    assert event.recorded != event.published
    assert imported.text("catalogue/releases/node/22.json") == before
    assert imported.sync()["pulls"] == []

    async def approve(app: App) -> None:
        app.store.checksums.approve(event.url, Checksum(*event.published.split(":")), app.now())

    imported.run(approve)
    [pull] = imported.sync()["pulls"]
    assert event.published.split(":")[1] in imported.text("catalogue/releases/node/22.json", "watcher/node/22")
    assert pull["title"] == "node: 22.11.0 for amd64/musl"


def _rewrite_list(world: World, version: str) -> None:
    """Make the unofficial list say what its files are now."""
    folder = world.served / UNOFFICIAL / f"v{version}"
    files = sorted(p for p in folder.iterdir() if p.name.endswith(".tar.xz"))
    lines = [f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.name}\n" for p in files]
    (folder / "SHASUMS256.txt").write_text("".join(lines))


def _entry(world: World, version: str) -> dict[str, Any]:
    """An entry of the index for another version: a change of the index that is of no interest."""
    return {**world.index()[0], "version": f"v{version}"}


def test_a_withdrawn_release_is_no_downgrade(imported: World) -> None:
    """What vanished from the index is said; what is recorded stays."""
    imported.serve_index([_entry(imported, "22.10.0")])
    found = imported.sync()
    assert found["pulls"] == []
    assert [(s["version"], "withdrawn" in s["reason"]) for s in found["skipped"]] == [("22.11.0", True)]
    assert json.loads(imported.text("catalogue/releases/node/22.json"))["version"] == "22.11.0"


def test_a_bad_signature_refuses_that_release_only(imported: World) -> None:
    """One altered digest in the signed list: refused and named; another line goes ahead."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0", "24.19.0")
    path = imported.served / OFFICIAL / "v22.23.2" / LIST
    text = path.read_text()
    digest = text.split("  node-v22.23.2-linux-x64.tar.xz")[0][-64:]
    path.write_text(text.replace(digest, digest[::-1]))
    report = imported.report()
    assert report.exit_code == 3
    [failed] = report.failed
    assert failed.url == "https://nodejs.org/dist/v22.23.2/SHASUMS256.txt.asc"
    assert [p.line for p in report.pulls] == ["24"]
    assert not [p for p in imported.pulls() if p.line == "22"]


def test_a_list_signed_after_our_key_expired_is_held(imported: World) -> None:
    """v26.5.1's own list: genuine, but made after our copy of the key had expired."""
    imported.publish(NEWER)
    imported.only("22.11.0", "26.7.0")
    imported.serve_index([{**e, "version": e["version"].replace("26.7.0", "26.5.1")} for e in imported.index()])
    official(imported.served, "v26.5.1", (BUNDLED / "shasums256" / f"v26.5.1.{LIST}").read_bytes())
    found = imported.sync()
    assert found["pulls"] == []
    [held] = found["held"]
    assert held["version"] == "26.5.1"
    assert "refresh the keys" in held["reason"]


def test_a_refused_newest_release_does_not_hide_an_older_new_one(imported: World) -> None:
    """26.7.0 has no list yet: the line is not there, and says what it waits for."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0", "26.7.0")
    imported.remove(f"{OFFICIAL}/v26.7.0/{LIST}")
    found = imported.sync()
    assert [p["line"] for p in found["pulls"]] == ["22"]
    assert [h["version"] for h in found["held"]] == ["26.7.0"]


@pytest.mark.parametrize("version", ["v../../etc", "v1.0.0$(id)", "v22.12.0; rm -rf /", "v22.12.0\n", 22, None])
def test_hostile_versions_refuse_the_index_and_reach_nothing(imported: World, version: object) -> None:
    """The error names source, URL and field; refs, files and state are what they were."""
    refs = imported.git("for-each-ref")
    imported.serve_index([{**imported.index()[0], "version": version}, *imported.index()])
    report = imported.report()
    [failed] = report.failed
    assert (failed.source, failed.url, failed.field) == ("node", "https://nodejs.org/dist/index.json", "[0].version")
    assert report.exit_code == 3
    assert imported.git("for-each-ref") == refs


def test_unknown_extra_fields_are_nobodys_business(imported: World) -> None:
    """Upstream may say more than we know."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.serve_index([{**e, "sbom": {"x": [1]}} for e in imported.index()])
    assert len(imported.sync()["pulls"]) == 1


@pytest.mark.parametrize("broken", ["push", "save_pull", "open"])
def test_a_crash_between_two_steps_makes_no_second_pull_request(
    imported: World, broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed before the push, after it, or after the forge's answer: the next run goes on."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")

    async def job(app: App) -> None:
        target: object = {"push": CloneRepository, "save_pull": Store, "open": type(app.forge)}[broken]

        def crash(*_: object, **__: object) -> None:
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(target, broken, crash)
            await sync(app, ["node"])

    with pytest.raises(KeyboardInterrupt):
        imported.run(job)
    [pull] = imported.sync()["pulls"]
    assert pull["number"] == 2
    assert imported.git("rev-list", "--count", "main..watcher/node/22").strip() == "1"
    assert imported.sync()["pulls"] == []

    async def all_of_them(app: App) -> list[int]:
        return sorted(p.number for p in await app.forge.pulls())

    assert imported.run(all_of_them) == [1, 2]


def test_a_failing_step_is_tried_again_by_the_next_run(imported: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An expected error of a step leaves its event unfinished, with exit code 1."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")

    async def refuse(*_: object) -> None:
        raise GitError("the remote is away")

    with monkeypatch.context() as patch:
        patch.setattr(CloneRepository, "push", refuse)
        report = imported.report()
    assert report.exit_code == 1
    assert report.pulls == []
    assert imported.report().pulls[0].new == "22.23.2"


def test_a_feed_that_stalls_for_one_request_is_asked_again(imported: World) -> None:
    """A 503 with Retry-After is no failure of the source."""
    imported.upstream.faults["/nodejs.org/dist/index.json"] = Fault(
        "status", 503, times=1, headers=(("Retry-After", "0"),)
    )
    assert imported.report().exit_code == 0
