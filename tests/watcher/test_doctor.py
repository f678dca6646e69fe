"""``watcher doctor``: each thing is there or missing, with what to do, and nothing is so broken that it ends in a traceback."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.registry import LoopbackRegistry
from tests.world import World
from watcher.cli import cli


def examined(folder: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run it on the settings in *folder*; return exit code and findings."""
    done = CliRunner().invoke(cli, ["--config", str(folder / "watcher.toml"), "doctor", "--json"])
    return _checked(done.exit_code, done.stdout)


def alone(folder: Path, path: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Run the program itself in *folder*, with *path* as PATH."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WATCHER_")}  # noqa: TID251  (the child's)
    command = [sys.executable, "-m", "watcher", "doctor", "--json"]
    done = subprocess.run(command, cwd=folder, env={**kept, "PATH": path}, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return _checked(done.returncode, done.stdout)


def _checked(code: int, printed: str) -> tuple[int, dict[str, dict[str, Any]]]:
    document = json.loads(printed)
    assert document["ok"] == (code == 0)
    for finding in document["findings"]:
        assert finding["ok"] or finding["todo"], finding
    return code, {finding["what"]: finding for finding in document["findings"]}


def test_a_new_workspace_lacks_nothing_that_its_settings_need(world: World) -> None:
    """Pull requests need no engine and no registry: their absence is told, and is no failure."""
    world.forget()
    code, found = examined(world.folder / "ws")
    assert code == 0
    assert found["images repository"]["ok"]
    assert not found["registry"]["ok"]
    assert not any(
        found[what]["needed"] for what in ("registry", "engine buildah", "engine buildx", "platform linux/386")
    )
    assert not (world.folder / "ws" / "var" / "watcher.db").exists()
    assert "made at the first use" in found["database"]["told"]


def test_without_settings_the_machine_is_looked_at_all_the_same(tmp_path: Path) -> None:
    """What is missing is said with what to do; nothing is made by looking."""
    code, found = alone(tmp_path, os.environ["PATH"])  # noqa: TID251  (the child's)
    assert code == 1
    assert "watcher init" in found["settings"]["told"]
    assert not found["images repository"]["ok"]
    assert found["git"]["ok"]
    assert list(tmp_path.iterdir()) == []


def test_without_any_program_each_is_missing(world: World, tmp_path: Path) -> None:
    """A machine with nothing at all gets sentences."""
    code, found = alone(world.folder / "ws", str(tmp_path))
    assert code == 1
    assert not any(found[what]["ok"] for what in ("git", "gpgv", "engine buildah", "engine buildx"))
    assert "cannot be started" in found["gpgv"]["told"]


def test_a_registry_makes_an_engine_needed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where images are to go somewhere, what makes them has to be there."""
    monkeypatch.setenv("PATH", "/none")
    with LoopbackRegistry() as server:
        world.settings(f'[registry]\nurl = "http://{server.host}"\n')
        code, found = examined(world.folder / "ws")
        assert found["registry"]["ok"]
        assert code == 1
        assert found["engine buildah"]["needed"]
        assert "apt-get install buildah" in found["engine buildah"]["todo"]
    _, found = examined(world.folder / "ws")
    assert not found["registry"]["ok"]
    assert server.host in found["registry"]["told"]


def test_a_registry_that_is_read_by_everybody_has_to_let_us_write(world: World) -> None:
    """What the first push would be told is told now, of the repository that is pushed to; nothing is left there."""
    with LoopbackRegistry(login=("ada", "right"), public=True) as server:
        url = f'[registry]\nurl = "http://{server.host}"\n'
        world.settings(url)
        _, found = examined(world.folder / "ws")
        assert not found["registry"]["ok"]
        assert "balenalib/staging: " in found["registry"]["told"]
        (password := world.folder / "password").write_text("right")
        world.settings(f'{url}user = "ada"\npassword_file = "{password}"\n')
        _, found = examined(world.folder / "ws")
        assert found["registry"]["told"] == f"http://{server.host} takes uploads to balenalib/staging, as ada"
        assert server.asked.count(("DELETE", "session")) == 1


def test_only_the_engine_that_is_named_is_needed(world: World) -> None:
    """The other one may be absent."""
    world.settings('[registry]\nurl = "http://127.0.0.1:1"\n[builds]\nengine = "buildx"\n')
    _, found = examined(world.folder / "ws")
    assert (found["engine buildx"]["needed"], found["engine buildah"]["needed"]) == (True, False)


@pytest.mark.parametrize("content", [b"not a database at all, but long enough to be read as one", b""])
def test_a_damaged_database_is_told(world: World, content: bytes) -> None:
    """An empty file is a database of no version yet; another one is none."""
    file = world.folder / "ws" / "var" / "watcher.db"
    file.write_bytes(content)
    _, found = examined(world.folder / "ws")
    assert found["database"]["ok"] == (not content)
    assert file.read_bytes() == content
