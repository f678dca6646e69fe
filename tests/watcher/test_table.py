"""Lists as people see them on a terminal, and as other programs get them through a pipe."""

from __future__ import annotations

import io

import pytest

from tests.watcher.test_progress import Terminal
from watcher.cli.table import table

NAME = "balenalib/raspberrypi4-64-debian-node:22.11.0-trixie-build-20241101"


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 60 columns, with colours."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "60")


def test_in_a_pipe_each_row_is_one_line(narrow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """However wide; without colours, without spaces at its end, and brackets are no markup."""
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    table(("state", "name", "why"), [("failed", NAME, "[red] " * 60), ("open", "x", "")])
    first, second, third = out.getvalue().splitlines()
    assert first == f"state   {'name':<{len(NAME)}}  why"
    assert second == f"failed  {NAME}  {('[red] ' * 60).rstrip()}"
    assert third == "open    x"


def test_a_terminal_folds_and_cuts_nothing_off(narrow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words that mean something have colours."""
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    table(("state", "name"), [("failed", NAME)])
    shown = out.getvalue()
    assert "\x1b[31mfailed" in shown
    assert "…" not in shown
    assert NAME in "".join(line.split()[-1] for line in shown.splitlines()[1:])


def test_no_color_is_heeded(narrow: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """https://no-color.org: with it no colour is left, on a terminal too."""
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setenv("NO_COLOR", "1")
    table(("state",), [("failed",)])
    assert "failed" in out.getvalue()
    assert "[31m" not in out.getvalue()
