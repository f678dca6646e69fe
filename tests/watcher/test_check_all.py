"""``watcher check --json`` over every source at once: the document that programs rely on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.upstream import Upstream
from tests.upstream.eleven import NOW, lay_out_all
from watcher.cli import cli

LINES = {  # source → one of its lines, and the newest version of it on that day
    "node": ("24", "24.19.0"),
    "python": ("3.14", "3.14.6"),
    "go": ("1.27", "1.27.0"),
    "openjdk": ("21-jdk", "21.0.12.1+1"),
    "dotnet": ("10.0-sdk", "10.0.302"),
    "debian": ("trixie", "13.7"),
    "ubuntu": ("noble", "24.04"),
    "alpine": ("3.24", "3.24.1"),
    "fedora": ("42", None),  # Bodhi gave it no end when it was recorded
    "raspbian": ("bookworm", "12.20260711"),
    "rust": ("1", "1.98.1"),
}


def test_every_source_answers_in_one_document(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly these sources, each with lines, number of releases, number of requests and no error."""
    served, settings = tmp_path / "served", tmp_path / "watcher.toml"
    lay_out_all(served, tmp_path / "var" / "keys")
    monkeypatch.setenv("WATCHER_NOW", NOW.isoformat())
    with Upstream(served) as upstream:
        others = ("http://raspbian.raspberrypi.com", "https://dl-cdn.alpinelinux.org")  # the first has no https
        mirrors = upstream.mirrors() | {url: f"{upstream.url}/{url.rpartition('/')[2]}" for url in others}
        settings.write_text("[mirrors]\n" + "".join(f'"{a}" = "{b}"\n' for a, b in mirrors.items()))
        result = CliRunner().invoke(cli, ["--config", str(settings), "check", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert (set(document), list(document["sources"])) == ({"sources"}, list(LINES))
    for name, found in document["sources"].items():
        assert set(found) == {"lines", "releases", "requests", "error"}
        line, version = LINES[name]
        assert (found["error"], found["lines"].get(line)) == (None, version), name
        assert found["releases"] >= len(found["lines"])
        assert found["releases"] > 0
        assert found["requests"] > 0
