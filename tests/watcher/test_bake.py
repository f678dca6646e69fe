"""Bake files, as people ask for them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.generator.family import files
from watcher.cli import cli


def _call(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, ["bake", *arguments])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture(autouse=True)
def _checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A checkout of an images repository without stacks."""
    for path, data in files(["raspberrypi3"]).items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    monkeypatch.chdir(tmp_path)


def test_one_file_goes_to_standard_output() -> None:
    """It is what bake reads: the image and what it stands on."""
    told = json.loads(_call("raspberrypi3-debian:bookworm-build", "--registry", "registry.example").stdout)
    names = told["group"]["default"]["targets"]
    assert names[0] == "armv7hf-debian_bookworm-run"
    assert names[-1] == "raspberrypi3-debian_bookworm-build"
    assert told["target"][names[-1]]["tags"] == ["registry.example/balenalib/raspberrypi3-debian:bookworm-build"]


def test_the_whole_family_goes_into_files(tmp_path: Path) -> None:
    """Each is told with its targets, in build order."""
    shown = _call("--all", "--out", "baked").stdout
    there = sorted(path.name for path in (tmp_path / "baked").iterdir())
    assert there[0] == "bake-001.json"
    assert f"in {len(there)} files" in shown
    assert "docker buildx bake -f baked/bake-001.json --push" in shown
    told = json.loads(_call("--all", "--out", "baked", "--json").stdout)
    assert [row["file"] for row in told["files"]] == there


def test_what_cannot_be_meant_is_refused() -> None:
    """No name, names beside --all, and a name that there is not."""
    assert "name images, or give --all" in _call(code=2).output
    assert "name images, or give --all" in _call("amd64-debian", "--all", code=2).output
    assert "there is no architecture or device type pdp11" in _call("pdp11-debian", code=2).output
