"""What people type wrong, and what they are shown: refused in words, told whole."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from state.model import Arch, Artifact, Checksum, Held, Release, Version
from tests.upstream import Fault
from tests.world import NEWER, OLDER, World
from watcher.cli import cli
from watcher.cli.grid import grid


def run(world: World, *arguments: str, code: int = 0) -> Result:
    """Run a command."""
    result = CliRunner().invoke(cli, ["--config", str(world.config_file), *arguments], env={"COLUMNS": "80"})
    assert result.exit_code == code, (result.output, result.exception)
    return result


def test_only_a_changed_file_can_be_approved(world: World) -> None:
    """A slip in the URL is refused in a sentence, and nothing is kept of it."""
    url = "https://nodejs.org/dist/v99.0.0/node.tar.xz"
    result = run(world, "approve-checksum", url, f"sha256:{'0' * 64}", code=1)
    assert str(result.exception) == f"{url}: no sha256 of it is on record, so that none can have changed"
    assert "may be" not in result.output
    run(world, "approve-checksum", url, "md5:1", code=2)


@pytest.mark.parametrize("command", ["ignore", "unignore"])
def test_what_can_be_no_version_of_a_source_is_refused(world: World, command: str) -> None:
    """An unknown source and a text that is no version never matched anything."""
    assert "no source 'nope'" in run(world, command, "nope", "1.2.3", code=2).stderr
    assert "not a version: 'abc'" in run(world, command, "node", "abc", code=2).stderr


def test_unignore_says_when_there_was_nothing_to_do(world: World) -> None:
    """Taking back what nobody said is no success."""
    assert run(world, "unignore", "node", "1.2.3").stdout == "node 1.2.3 was not ignored: nothing to do\n"
    run(world, "ignore", "node", "1.2.3")
    assert "is proposed again" in run(world, "unignore", "node", "1.2.3").stdout


@pytest.mark.parametrize("command", [["status"], ["sync", "node"], ["check", "node"]])
def test_a_source_that_there_is_not_is_refused_in_the_settings(world: World, command: list[str]) -> None:
    """``[sources.nod]`` with mode observe would otherwise mean "propose"."""
    world.settings('[sources.nod]\nmode = "observe"')
    error = str(run(world, *command, code=1).exception)
    assert error.endswith("watcher.toml: sources.nod: there is no such source; the nearest are node")
    world.settings("[sources.xyzzy]\nenabled = false")
    assert "there are: node, python" in str(run(world, *command, code=1).exception)
    assert not (world.folder / "ws" / "var" / "watcher.db").exists()


def test_a_variable_that_is_no_setting_is_named(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, beside the output; real settings are not."""
    for name in ("WATCHER_WEB__LISTEN", "WATCHER_CONFIG", "WATCHER_NOW"):
        monkeypatch.setenv(name, {"WATCHER_NOW": OLDER[2].isoformat()}.get(name, "x"))
    assert run(world, "status").stderr == ""
    monkeypatch.setenv("WATCHER_WBE__LISTEN", "secret")
    monkeypatch.setenv("WATCHER_PUBLISH_MODE", "observe")
    result = run(world, "status", "--json")
    told = "watcher: no such setting, not looked at: WATCHER_PUBLISH_MODE, WATCHER_WBE__LISTEN\n"
    assert (result.stderr, bool(json.loads(result.stdout))) == (told, True)


@pytest.mark.parametrize("devices", ["", " , "])
def test_no_devices_are_called_none(tmp_path: Path, devices: str) -> None:
    """An empty list is a slip, say of a script's variable."""
    result = CliRunner().invoke(cli, ["init", str(tmp_path / "ws"), "--devices", devices])
    assert (result.exit_code, "none, all, or" in result.stderr) == (2, True)
    assert not (tmp_path / "ws").exists()


def test_a_failure_is_shown_whole_and_apart_from_the_table(world: World) -> None:
    """On a pipe of 80 columns too."""
    world.upstream.faults["/nodejs.org/dist/index.json"] = Fault("status", 404)
    run(world, "sync", "node", code=3)
    [line] = [line for line in run(world, "status").stdout.splitlines() if line.startswith("failing: ")]
    assert line.startswith("failing: node since 2024-11-01T09:00: node: https://nodejs.org/dist/index.json: HTTP 404")
    assert line.endswith(f"(asked of the mirror 127.0.0.1:{world.upstream.port})")


def test_status_tells_how_late_we_saw_a_release(world: World) -> None:
    """From the day that upstream names, in hours or days."""
    world.only("22.11.0", "20.18.0")
    world.sync()
    rows = run(world, "status").stdout.splitlines()
    assert [row.split()[-2:] for row in rows if "22.11.0" in row or "20.18.0" in row] == [["29", "days"], ["3", "days"]]
    lag = json.loads(run(world, "status", "--json").stdout)["sources"]["node"]["lag"]["22"]
    at = OLDER[2].isoformat()
    assert lag == {"published": "2024-10-29", "seen": at, "pull": at, "merged": None}
    world.day(OLDER[2] + timedelta(days=1))
    world.decide("merge", 1)
    lag = json.loads(run(world, "status", "--json").stdout)["sources"]["node"]["lag"]["22"]
    assert lag["merged"] == (OLDER[2] + timedelta(days=1)).isoformat()


def test_a_dry_run_tells_before_it_shows(imported: World) -> None:
    """The summary and the calls first: a diff may be long."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    dry = run(imported, "sync", "node", "--dry-run").stdout
    assert dry.index("#2  node: 22.11.0 -> 22.23.2") < dry.index("git.push(") < dry.index("diff --git")


def test_the_newest_release_of_a_line_is_shown_by_platform(imported: World) -> None:
    """Where each file is from and how it was verified, what is awaited; older releases are a line each."""
    imported.publish(NEWER)
    imported.only("22.23.2", "22.11.0")
    imported.take_unofficial("22.23.2")
    imported.sync()
    shown = run(imported, "releases", "node").stdout.splitlines()
    assert shown[0].startswith("22.23.2")
    assert "until 2027-04-30  LTS Jod" in shown[0]
    assert shown[-1].startswith("22.11.0")
    table = {line.split()[0]: line.split()[1:] for line in shown[1:-1]}
    assert table["glibc"] == ["musl"]
    assert table["amd64"] == ["a", "b", "22.11.0"]
    assert table["aarch64"][0] == "a"
    assert table["a"][:3] == ["nodejs.org:", "signed", "by"]
    assert table["b"][0] == "unofficial-builds.nodejs.org:"
    assert any(line.strip().startswith("awaited since 2026-08-10 09:00  amd64/musl: ") for line in shown)


def test_a_platform_that_never_had_a_file_is_awaited() -> None:
    """There is none of an older version to show for it; what upstream does not make is a dash."""
    version = Version("1.0.0")

    def file(arch: Arch) -> Artifact:
        return Artifact(arch, "glibc", version, "https://e.org/f", Checksum("sha256", "0" * 64), "signed", signed=True)

    files = (file(Arch.AMD64), file(Arch.AARCH64))
    release = Release("node", "1", version, OLDER[2].date(), artifacts=files)
    waits = Held("node", "1.0.0", Arch.AMD64, "musl", "404", OLDER[2])
    assert list(grid(release, [waits])) == [
        "            glibc       musl",
        "aarch64     a           -",
        "amd64       a           awaited",
        "a  e.org: signed",
        "awaited since 2024-11-01 09:00  amd64/musl: 404",
    ]
    whole = Held("node", "1.0.0", None, None, "no list", OLDER[2])
    bare = Release("node", "1", version, OLDER[2].date())
    assert list(grid(bare, [whole])) == ["awaited since 2024-11-01 09:00  the release: no list"]
