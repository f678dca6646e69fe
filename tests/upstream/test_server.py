"""The server of feeds: what tests and the demo lean on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import httpx

from tests.upstream import Upstream
from tests.upstream.layout import BUNDLED, builds, lay_out

INDEX = "/nodejs.org/dist/index.json"


def test_the_world_changes_when_the_link_is_pointed_elsewhere(tmp_path: Path) -> None:
    """Two states side by side, a symbolic link to one: no restart, and the ETag moves with the body."""
    lay_out(BUNDLED, tmp_path / "older", "dist-index.2024-10-31.json", "schedule.2024-10-29.json")
    lay_out(BUNDLED, tmp_path / "newer", "dist-index.2026-08-05.json", "schedule.2026-06-01.json")
    (tmp_path / "now").symlink_to("older")
    with Upstream(tmp_path / "now") as upstream, httpx.Client(base_url=upstream.url, trust_env=False) as client:
        before = client.get(INDEX)
        (tmp_path / "next").symlink_to("newer")
        (tmp_path / "next").replace(tmp_path / "now")
        after = client.get(INDEX, headers={"If-None-Match": before.headers["etag"]})
    assert "v26.7.0" not in {entry["version"] for entry in before.json()}
    assert (after.status_code, "v26.7.0" in {entry["version"] for entry in after.json()}) == (200, True)


def test_nothing_outside_the_folder_is_served(tmp_path: Path) -> None:
    """It listens on loopback, and is careful nonetheless."""
    (tmp_path / "secret").write_text("x")
    (tmp_path / "world").mkdir()
    with Upstream(tmp_path / "world") as upstream:
        assert httpx.get(f"{upstream.url}/%2e%2e/secret", trust_env=False).status_code == 404


def test_the_layout_has_a_file_for_every_line_of_every_list(tmp_path: Path) -> None:
    """Eight bundled releases; musl from 2026 on for arm64, 32-bit until their lines end."""
    assert lay_out(BUNDLED, tmp_path, "dist-index.2026-08-05.json", "schedule.2026-06-01.json") == 8
    folder = tmp_path / "unofficial-builds.nodejs.org/download/release/v24.19.0"
    assert sorted(file.name for file in folder.iterdir()) == [
        "SHASUMS256.txt",
        "node-v24.19.0-linux-arm64-musl.tar.xz",
        "node-v24.19.0-linux-x64-musl.tar.xz",
    ]
    assert (tmp_path / "nodejs.org/dist/v22.23.2/node-v22.23.2-linux-armv7l.tar.xz").stat().st_size > 0
    assert builds({"version": "v20.18.0", "date": "2024-10-03"}) == ["linux-armv6l", "linux-x64-musl", "linux-x86"]


def test_it_runs_as_a_program(tmp_path: Path) -> None:
    """It prints the mirrors that lead to it, and stops when it is told to."""
    lay_out(BUNDLED, tmp_path, "dist-index.2026-08-05.json", "schedule.2026-06-01.json")
    command = [sys.executable, "-m", "tests.upstream", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path.cwd()) as process:
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(4)]
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(10) == 0
    assert lines[0] == "[mirrors]"
    assert json.loads(lines[1].split(" = ")[0]) == "https://nodejs.org"
