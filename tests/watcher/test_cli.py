"""The command line as programs and people rely on it: documents, exit codes, messages."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.upstream import Fault
from tests.world import NEWER, World
from watcher.cli import cli, main
from watcher.manual.commands import commands

PROGRAM = Path(sys.executable).with_name("watcher")
PULL = {"number", "source", "line", "old", "new", "branch", "title", "url", "state"}


def call(
    *arguments: str, at: Path | None = None, code: int = 0, err: io.StringIO | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the program in this process, from its command line to its exit code: starting another takes a second."""
    ours = [name for name in os.environ if name.startswith("WATCHER_")]  # noqa: TID251  (the program's)
    out, err, said = io.StringIO(), err or io.StringIO(), 0
    with (
        contextlib.chdir(at or Path.cwd()),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(sys, "argv", ["watcher", *arguments])
        for name in ours:
            patch.delenv(name)
        try:
            main()
        except SystemExit as ended:
            said = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    done = subprocess.CompletedProcess(["watcher", *arguments], said, out.getvalue(), err.getvalue())
    assert done.returncode == code, done.stderr + done.stdout
    return done


def installed(*arguments: str, at: Path, code: int = 0) -> subprocess.CompletedProcess[str]:
    """Run the installed program, as a process of its own."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("WATCHER_")} | {"COLUMNS": "200"}  # noqa: TID251  (the child's)
    done = subprocess.run([str(PROGRAM), *arguments], cwd=at, env=environment, capture_output=True, text=True)  # noqa: PLW1510
    assert done.returncode == code, done.stderr + done.stdout
    return done


def document(*arguments: str, at: Path) -> Any:
    """The one JSON document that a command prints."""
    return json.loads(call(*arguments, "--json", at=at).stdout)


def test_the_whole_walk_by_its_documents(world: World) -> None:
    """Sync, pulls, show, merge, build, releases, status, events: each document has the promised shape."""
    at = world.folder / "ws"
    found = document("sync", "node", at=at)
    assert set(found) == {"pulls", "held", "skipped", "failed"}
    assert set(found["pulls"][0]) >= PULL | {"lines"}
    assert document("sync", "node", at=at) == {"pulls": [], "held": [], "skipped": [], "failed": []}

    assert document("pulls", at=at) == found["pulls"]
    shown = document("pulls", "show", "1", at=at)
    assert set(shown) >= PULL | {"body", "files", "labels"}
    assert "catalogue/releases/node/22.json" in shown["files"]
    plan = document("build", "--pull", "1", "--dry-run", at=at)["images"]
    assert set(plan[0]) == {"name", "platform", "dockerfile", "base", "tags", "dated_tags", "kind", "reason"}
    assert "diff --git a/catalogue/releases/node/18.json" in call("pulls", "diff", "1", at=at).stdout
    assert document("pulls", "merge", "1", at=at)["state"] == "merged"
    assert document("build", "--pull", "1", "--dry-run", at=at)["images"] == plan

    releases = document("releases", "node", at=at)
    newest = next(r for r in releases if r["version"] == "22.11.0")
    assert set(newest) == {
        "version",
        "line",
        "published",
        "lts",
        "security",
        "supported_until",
        "artifacts",
        "platforms",
    }
    assert (newest["line"], newest["lts"], newest["supported_until"]) == ("22", "Jod", "2027-04-30")
    assert set(newest["artifacts"][0]) >= {"arch", "libc", "url", "algorithm", "digest", "verified"}
    status = document("status", at=at)
    assert status["sources"]["node"]["newest"]["22"] == "22.11.0"
    told = {"last_success", "newest", "failing_since", "error", "outages", "lag", "next_check", "cadence", "paused"}
    assert set(status["sources"]["node"]) == told
    assert set(status["sources"]["node"]["lag"]["22"]) == {
        "published",
        "seen",
        "pull",
        "merged",
        "pushed",
    }
    assert (status["pulls"], status["events"]) == ({"open": 0}, {"unfinished": 0})
    kinds = [event["kind"] for event in document("events", at=at)]
    assert kinds == ["ReleaseSeen", "PullRequestOpened", "PullRequestMerged", "BuildPlanned"]


def test_config_stands_before_or_after_the_command(world: World) -> None:
    """Both mean the same; the one after wins."""
    config = str(world.config_file)
    assert json.loads(call("--config", config, "status", "--json", at=world.folder).stdout)["pulls"] == {"open": 0}
    assert json.loads(call("status", "--json", "--config", config, at=world.folder).stdout)["pulls"] == {"open": 0}
    assert json.loads(call("--config", "/nowhere", "pulls", "--json", "--config", config).stdout) == []


def test_exit_codes_say_whose_trouble_it_is(world: World) -> None:
    """2 for usage and settings, 3 for a feed, 1 for a step; the message is one line that says what to do."""
    at = world.folder / "ws"
    assert "no source 'nodejs'" in call("sync", "nodejs", at=at, code=2).stderr
    assert "watcher init" in call("sync", "node", at=Path("/"), code=2).stderr
    assert call("pulls", "show", "7", at=at, code=1).stderr.count("\n") == 1
    call("build", "--dry-run", at=at, code=2)
    call("build", "node", "--all-stale", at=at, code=2)
    world.upstream.faults["/nodejs.org/dist/index.json"] = Fault("status", 404)
    told = json.loads(call("sync", "node", "--json", at=at, code=3).stdout)
    assert told["failed"][0]["url"] == "https://nodejs.org/dist/index.json"


def test_people_are_told_what_happened(world: World) -> None:
    """Plain lines: what was opened, what waits, that there is nothing to do."""
    at = world.folder / "ws"
    assert "#1  node: import 18, 20, 22, 23" in call("sync", "node", at=at).stdout
    assert call("sync", "node", at=at).stdout == "Nothing to do: upstream unchanged.\n"
    assert "#1      open   node: import" in call("pulls", at=at).stdout
    assert "merged" in call("pulls", "merge", "1", at=at).stdout
    assert "No open pull request" in call("pulls", at=at).stdout
    assert "stack on architecture images" in call("build", "--pull", "1", "--dry-run", at=at).stdout
    assert "22: 22.11.0" in call("status", at=at).stdout
    assert "signed by" in call("releases", "node", at=at).stdout
    world.publish(NEWER)
    dry = call("sync", "node", "--dry-run", at=at).stdout
    assert '+  "version": "22.23.2"' in dry
    assert "git.push(branch='watcher/node/22'" in dry
    assert call("ignore", "node", "22.23.2", at=at).stdout
    assert "skipped  node 22.23.2: ignored by hand" in call("sync", "node", at=at).stdout
    assert "UNFINISHED" not in call("events", at=at).stdout


def test_init_makes_a_workspace_once(tmp_path: Path) -> None:
    """Settings, repository, memory; a second time is refused; a wrong device names the nearest."""
    call("init", "ws", "--devices", "none", at=tmp_path)
    assert {p.name for p in (tmp_path / "ws").iterdir()} == {"watcher.toml", "images.git", "var"}
    assert "made once" in call("init", "ws", at=tmp_path, code=2).stderr
    assert "raspberrypi3" in call("init", "other", "--devices", "raspberypi3", at=tmp_path, code=2).stderr
    assert not (tmp_path / "other").exists()


def test_render_checks_a_checkout_without_any_settings(tmp_path: Path) -> None:
    """That is what the images repository's own CI runs; a change by hand is named, and written back."""
    call("init", "ws", "--devices", "raspberrypi3", at=tmp_path)
    subprocess.run(["git", "clone", "-q", "ws/images.git", "tree"], cwd=tmp_path, check=True)
    tree = tmp_path / "tree"
    assert ", 0 not as the catalogue says" in call("render", "--check", at=tree).stdout
    changed = tree / "balena-base-images" / "amd64" / "debian" / "trixie" / "run" / "Dockerfile"
    before = changed.read_text()
    changed.write_text(before + "RUN true\n")
    (tree / "docs" / "left-over.md").write_text("x")
    told = call("render", "--check", at=tree, code=1).stderr
    assert "amd64/debian/trixie/run/Dockerfile: differs" in told
    assert "docs/left-over.md: nothing generates it" in told
    assert "2 written or removed" in call("render", at=tree).stdout
    assert changed.read_text() == before
    call("render", "--check", at=tree)
    call("render", "--out", str(tmp_path / "out"), at=tree)
    assert (tmp_path / "out" / changed.relative_to(tree)).read_text() == before
    assert "Every generated file is up to date" in call("render", "--propose", at=tmp_path / "ws").stdout
    call("render", "--check", at=tmp_path / "ws")


@pytest.mark.parametrize("command", ["sync", "pulls", "build", "releases", "status", "events", "render", "init"])
def test_every_command_explains_itself(command: str) -> None:
    """--help works everywhere and needs no settings."""
    assert "Usage: watcher " in call(command, "--help", at=Path("/")).stdout


def test_the_installed_program_is_the_same(world: World) -> None:
    """As a process of its own: what it prints, an expected error in one line, and the exit code of each."""
    at = world.folder / "ws"
    assert installed("pulls", at=at).stdout == call("pulls", at=at).stdout
    wrong = installed("pulls", "show", "7", at=at, code=1)
    assert (wrong.stdout, wrong.stderr) == ("", call("pulls", "show", "7", at=at, code=1).stderr)
    assert installed("--help", at=at).stdout == call("--help", at=at).stdout


def test_decisions_have_documents_too(world: World) -> None:
    """Each says what it was about and whether anything changed; no line for people is among it."""
    at = world.folder / "ws"
    assert document("pause", "node", "--reason", "moves", at=at) == {"source": "node", "paused": "moves"}
    assert document("resume", "node", at=at) == {"source": "node", "changed": True}
    assert document("resume", "node", at=at) == {"source": "node", "changed": False}
    told = {"source": "node", "line": "", "version": "22.11.0"}
    assert document("ignore", "node", "22.11.0", "--reason", "bad", at=at) == told | {"ignored": "bad"}
    assert document("unignore", "node", "22.11.0", at=at) == told | {"changed": True}
    assert document("unignore", "node", "22.11.0", at=at) == told | {"changed": False}
    world.sync()
    url, digest = document("releases", "node", at=at)[0]["artifacts"][0]["url"], f"sha256:{'0' * 64}"
    accepted = {"url": url, "accepted": digest, "failed": []}
    assert document("approve-checksum", url, digest, at=at) == accepted


def test_a_workspace_and_its_files_have_documents_too(tmp_path: Path) -> None:
    """What was made, what differs, what was written, and the pull request or none."""
    made = document("init", "ws", "--devices", "none", at=tmp_path)
    at = tmp_path / "ws"
    assert made["folder"] == str(at)
    assert document("render", "--propose", at=at) == {"pull": None}
    checked = document("render", "--check", at=at)
    assert checked["differences"] == []
    assert checked["files"] < made["files"]  # the catalogue is no generated file
    written = document("render", "--out", str(tmp_path / "out"), at=at)
    assert written == {"files": checked["files"], "changed": checked["files"]}
    subprocess.run(["git", "clone", "-q", "ws/images.git", "tree"], cwd=tmp_path, check=True)
    left = tmp_path / "tree" / "docs" / "left-over.md"
    left.write_text("x")
    wrong = json.loads(call("render", "--check", "--json", at=left.parents[1], code=1).stdout)["differences"]
    assert wrong == [{"path": "docs/left-over.md", "problem": "nothing generates it"}]
    assert document("render", at=left.parents[1]) == {"files": checked["files"], "changed": 1}


def test_every_command_that_ends_has_a_document() -> None:
    """But for those whose output is a document, a diff or a log already."""
    without = {each.path for each in commands(cli, "watcher") if not any(o.words == "--json" for o in each.options)}
    assert without == {"watcher", "watcher pulls diff", "watcher builds log", "watcher worker", "watcher run"}
