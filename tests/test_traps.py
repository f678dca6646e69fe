"""What upstreams, maintainers and crashes do to a watcher, and what it must do then. Each end to end."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from builder.git import CloneRepository
from builder.ports import Commit
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


@pytest.fixture
def imported(world: World) -> World:
    """A world whose import of line 22 alone was merged."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    return world


def test_late_platforms_let_the_others_go_ahead_and_follow_up(imported: World) -> None:
    """Musl is late: its images keep 22.11.0, the pull request says so, and a second one brings it."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    arrive = imported.take_unofficial("22.23.2")
    found = imported.sync()
    held = {(h["arch"], h["libc"]) for h in found["held"]}
    assert held == {("amd64", "musl"), ("armv6", "glibc")}
    [pull] = found["pulls"]
    shown = imported.pull(pull["number"])
    assert "partial-release" in shown.labels
    assert "stay on 22.11.0" in shown.body
    assert "Late platforms" in shown.body
    imported.decide("merge", pull["number"])
    musl = next(p for p in imported.paths() if "/node/amd64/alpine/" in p and "/22/run/" in p)
    glibc = next(p for p in imported.paths() if "/node/amd64/debian/" in p and "/22/run/" in p)
    assert "v22.11.0/" in imported.text(musl)
    assert "v22.23.2/" in imported.text(glibc)
    assert imported.sync()["pulls"] == []

    arrive()
    found = imported.sync()
    [second] = found["pulls"]
    assert (second["old"], second["new"]) == ("22.23.2", "22.23.2")
    assert second["title"] == "node: 22.23.2 for amd64/musl, armv6/glibc [SECURITY]"
    assert found["held"] == []
    imported.decide("merge", second["number"])
    assert "v22.23.2/" in imported.text(musl)


def test_a_late_platform_that_arrives_before_the_merge_joins_the_open_pull_request(imported: World) -> None:
    """There is one pull request for a line: it is brought up to date in place."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    arrive = imported.take_unofficial("22.23.2")
    [first] = imported.sync()["pulls"]
    arrive()
    [again] = imported.sync()["pulls"]
    assert again["number"] == first["number"]
    assert "partial-release" not in imported.pull(first["number"]).labels


def test_a_required_platform_that_is_missing_holds_the_whole_release(imported: World) -> None:
    """The catalogue says which platforms must be there first; what is awaited is said."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    name = f"{OFFICIAL}/v22.23.2/node-v22.23.2-linux-x64.tar.xz"
    body = (imported.served / name).read_bytes()
    imported.remove(name)
    found = imported.sync()
    assert found["pulls"] == []
    [held] = found["held"]
    assert (held["version"], held["arch"], held["libc"]) == ("22.23.2", None, None)
    assert "amd64/glibc" in held["reason"]
    since = held["since"]
    imported.day(datetime(2026, 8, 11, tzinfo=UTC))
    assert imported.sync()["held"][0]["since"] == since
    (imported.served / name).write_bytes(body)
    assert len(imported.sync()["pulls"]) == 1


def test_an_empty_artifact_is_not_there(imported: World) -> None:
    """A file of no bytes is what a half-done promotion looks like."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    (imported.served / OFFICIAL / "v22.23.2" / "node-v22.23.2-linux-arm64.tar.xz").write_bytes(b"")
    found = imported.sync()
    assert found["pulls"] == []
    assert "aarch64/glibc" in found["held"][0]["reason"]


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
        app.store.approve(event.url, Checksum(*event.published.split(":")), app.now())

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


def test_a_closed_pull_request_means_not_this_version(imported: World) -> None:
    """It is not proposed again, the next one is; taking the decision back proposes it."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    [pull] = imported.sync()["pulls"]
    imported.decide("close", pull["number"])
    found = imported.sync()
    assert found["pulls"] == []
    assert [(s["version"], "closed" in s["reason"]) for s in found["skipped"]] == [("22.23.2", True)]

    async def unignore(app: App) -> None:
        app.store.unignore("node", "22.23.2")

    imported.run(unignore)
    [again] = imported.sync()["pulls"]
    assert again["number"] != pull["number"]


def test_the_version_after_a_closed_one_is_proposed(world: World) -> None:
    """A decision is about a version, not about a line."""
    world.only("20.18.0")
    world.sync()
    world.decide("close", 1)
    assert world.sync()["pulls"] == []
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    [pull] = world.sync()["pulls"]
    assert pull["lines"] == {"22": "22.23.2"}


def test_a_newer_release_updates_the_open_pull_request_in_place(world: World) -> None:
    """One open pull request per line: new commit, title and body, and a comment."""
    world.only("22.11.0", "20.18.0")
    world.sync()
    world.decide("merge", 1)
    world.publish(NEWER)
    world.day(datetime(2026, 4, 1, tzinfo=UTC))
    world.only("22.11.0", "20.18.0", "20.20.2")
    [first] = world.sync()["pulls"]
    assert first["title"].startswith("node: 20.18.0 -> 20.20.2")
    head = world.git("rev-parse", "watcher/node/20")
    entries = world.index()
    world.serve_index([{**e, "version": "v20.21.0"} if e["version"] == "v20.20.2" else e for e in entries])
    found = world.sync()
    # 20.21.0 has no list: it is held, and the open pull request for 20.20.2 stays as it is.
    assert found["pulls"] == []
    assert world.git("rev-parse", "watcher/node/20") == head


def test_commits_by_people_are_never_overwritten(imported: World) -> None:
    """A maintainer pushed to our branch: it stays, and the run says so."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    arrive = imported.take_unofficial("22.23.2")
    imported.sync()

    async def push(app: App) -> str:
        await app.repository.fetch()
        tip = await app.repository.head("watcher/node/22")
        assert tip
        when = datetime(2026, 8, 10, 12, tzinfo=UTC)
        theirs = await app.repository.commit(Commit("watcher/node/22", tip, "Mine\n", {"docs/note.md": "x\n"}, when))
        await app.repository.push("watcher/node/22", theirs, tip)
        return theirs

    theirs = imported.run(push)
    arrive()
    found = imported.sync()
    assert found["pulls"] == []
    assert any("left alone" in s["reason"] for s in found["skipped"])
    assert imported.git("rev-parse", "watcher/node/22").strip() == theirs


def test_unsigned_files_are_compared_and_a_wrong_one_is_refused(imported: World) -> None:
    """The list says one thing, the file is another: that platform stays, the failure is named."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    name = "node-v22.23.2-linux-x64-musl.tar.xz"
    (imported.served / UNOFFICIAL / "v22.23.2" / name).write_bytes(b"something else")
    report = imported.report()
    assert [p.new for p in report.pulls] == ["22.23.2"]
    assert [f.url.endswith(name) for f in report.failed] == [True]
    assert ("amd64", "musl") in {(h.arch, h.libc) for h in report.held}
    assert "something else" not in imported.text("catalogue/releases/node/22.json", "watcher/node/22")


def test_a_slow_comparison_does_not_hold_up_the_pull_request_and_joins_it(imported: World) -> None:
    """The pull request is open before the unsigned files are there; the same run brings them in."""
    imported.settings("[feed]\ncompare_grace = 0.0")
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    found = imported.sync()
    [pull] = found["pulls"]
    assert found["held"] == []
    assert "partial-release" not in imported.pull(pull["number"]).labels

    async def kinds(app: App) -> list[str]:
        return [type(e.event).__name__ for e in app.store.events_after(0)]

    happened = imported.run(kinds)
    assert happened.index("PullRequestUpdated") > happened.index("ReleaseHeld")


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
