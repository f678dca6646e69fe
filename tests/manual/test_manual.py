"""The manual page and the reference name everything that there is; the documentation builds without a dead link."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import click
import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from state.events import Event
from watcher.cli import cli
from watcher.config import Settings
from watcher.manual import man, metrics
from watcher.manual.commands import commands
from watcher.manual.reference import cli_page, events_page, settings_page
from watcher.web import metrics as web_metrics

ROOT = Path(__file__).parents[2]


def test_the_manual_page_has_every_command_and_option() -> None:
    """It is read off the same tree that parses the command line."""
    page = man.page()
    for command in commands(cli, "watcher"):
        assert f".SS {command.path} ".replace("-", "\\-") in page or command.path == "watcher"
        for option in command.options:
            assert option.words.replace("-", "\\-") in page
    assert page.count(".SS ") > 25
    assert page.count("\\-h, \\-\\-help") == 1  # of the first: every other has it too
    for section in ("NAME", "SYNOPSIS", "COMMANDS", "FILES", "ENVIRONMENT", "EXIT STATUS"):
        assert f"\n.SH {section}\n" in page


def test_no_text_is_taken_for_a_command_of_the_page() -> None:
    """A line of help that begins with a dot or a quote is text."""

    @click.command()
    @click.option("--x", help=".so /etc/passwd")
    def evil(x: str) -> None:
        r"""'de trap \n(.x."""

    [command] = commands(evil, "evil")
    lines = man._command(command)
    assert "\\&.so /etc/passwd" in lines
    assert "\\&'de trap \\en(.x." in lines


def test_the_page_uses_only_the_words_of_man(tmp_path: Path) -> None:
    """Only macros of the man package begin a line, so that any reader of man pages shows it."""
    page = tmp_path / "watcher.1"
    page.write_text(man.page())
    known = {"TH", "SH", "SS", "PP", "TP", "B", "I"}
    requests = {match[1] for match in re.finditer(r"^\.(\w+)", page.read_text(), re.MULTILINE)}
    assert requests <= known
    assert not re.search(r"^'", page.read_text(), re.MULTILINE)


def test_every_setting_and_every_event_is_in_the_reference() -> None:
    """Tables, keys and variables as the settings have them; every event with its fields."""
    settings, events, line = settings_page(), events_page(), cli_page()
    assert "## `[web]`" in settings
    assert "`WATCHER_WEB__TOKEN_FILE`" in settings
    for name in Settings.model_fields:
        assert re.search(rf"^## `(\[{name}(\.NAME)?\]|{name})`$", settings, re.MULTILINE), name
    for kind in get_args(Event):
        assert f"## {kind.__name__}" in events
    assert "## `watcher pulls merge`" in line
    assert ":class:" not in settings + events


def test_every_metric_of_the_program_is_in_the_reference() -> None:
    """Those that a new workspace tells, and those that need a pull request or a forge with limits."""
    page, source = metrics.page(), Path(web_metrics.__file__).read_text()
    for name in set(re.findall(r'"(watcher_[a-z_]+)"', source)):
        assert f"| `{name}` |" in page
    assert set(metrics.SOMETIMES) <= set(re.findall(r'"(watcher_[a-z_]+)"', source))


def test_a_cell_cannot_break_its_table() -> None:
    """Every row of a table has as many cells as its head."""
    for page in (settings_page(), events_page(), cli_page()):
        for block in re.findall(r"(?:^\|.*\n)+", page, re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", row)) for row in block.splitlines()}
            assert len(widths) == 1, block


@pytest.mark.filterwarnings("ignore")
def test_the_documentation_builds_and_a_dead_link_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page is in the navigation, every link and anchor leads somewhere; one that does not stops the build."""
    file = str(ROOT / "deploy" / "mkdocs.yml")
    monkeypatch.setattr("watcher.manual.metrics.page", lambda: "# Metrics\n")  # read above, and slow to read
    build(load_config(file, site_dir=str(tmp_path / "site")))
    assert "WATCHER_WEB__LISTEN" in (tmp_path / "site" / "reference" / "settings.html").read_text()
    config = load_config(file, site_dir=str(tmp_path / "site"))
    monkeypatch.setattr("watcher.manual.reference.cli_page", lambda: "# x\n\n[dead](../nowhere.md)\n")
    with pytest.raises(Abort):
        build(config)


def test_the_command_prints_the_page() -> None:
    """``make man`` is this."""
    done = subprocess.run([sys.executable, "-m", "watcher.manual.man"], capture_output=True, text=True, check=True)
    assert done.stdout == man.page()
