"""What a shell offers when TAB is pressed, and what a person may have meant by a wrong word."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from tests.watcher.test_cli import call
from tests.world import World
from watcher.cli import cli


def offered(begun: str, *words: str) -> dict[str, str | None]:
    """What is offered after these words for a word that is *begun*, with what is said beside it."""
    shell = ShellComplete(cli, {}, "watcher", "_WATCHER_COMPLETE")
    return {item.value: item.help for item in shell.get_completions(list(words), begun)}


@pytest.mark.parametrize("command", ["sync", "check", "releases", "pause", "resume", "ignore", "unignore", "yank"])
def test_a_shell_offers_the_sources(command: str) -> None:
    """Without any settings, wherever a command is about one."""
    assert list(offered("no", command)) == ["node"]


def test_a_shell_offers_sources_to_options() -> None:
    """Of events and builds."""
    assert {"debian", "dotnet"} <= set(offered("d", "events", "--source"))
    assert list(offered("pyth", "build", "--source")) == ["python"]


def test_a_shell_offers_what_is_remembered(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pull requests by where they stand, and events, each with what it is about."""
    monkeypatch.chdir(world.folder / "ws")
    memory = world.folder / "ws" / "var" / "watcher.db"
    memory.unlink()
    assert offered("", "pulls", "merge") == {}
    assert not memory.exists()
    world.sync()
    assert offered("", "pulls", "merge") == {"1": "node: import 18, 20, 22, 23"}
    assert list(offered("", "build", "--pull")) == ["1"]
    assert offered("", "pulls", "reopen") == {}
    assert list(offered("", "--config", str(world.config_file), "explain"))[-1] == "1"
    assert (offered("", "explain")["1"] or "").startswith("ReleaseSeen ")
    monkeypatch.chdir("/")
    assert offered("", "explain") == {}
    assert offered("1", "--config", str(world.config_file), "pulls", "show").keys() == {"1"}


def test_a_wrong_word_names_the_nearest(world: World) -> None:
    """Of commands, of what is below them, and of sources."""
    assert "no command 'statsu': did you mean status" in call("statsu", at=Path("/"), code=2).stderr
    assert "did you mean" not in call("xyzzy", at=Path("/"), code=2).stderr
    at = world.folder / "ws"
    assert "no source 'nod': did you mean node?" in call("sync", "nod", at=at, code=2).stderr
    assert "There are: node, " in call("pause", "xyzzy", at=at, code=2).stderr
