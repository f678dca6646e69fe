"""Several at once on one memory: two daemons and a person's `watcher sync` open one pull request for each line."""

from __future__ import annotations

import os
import subprocess
from collections import Counter

import pytest

from tests.github.hub import Hub
from tests.github.server import serving
from tests.github.site import TOKEN
from tests.running import PROGRAM, running_at, settings
from tests.world import NEWER, World

pytestmark = pytest.mark.slow

GITHUB = """[images]
remote = "{api}/{name}.git"
[forge]
kind = "github"
[github]
repository = "{name}"
base_url = "{api}"
seconds_between_writes = 0
token_file = "{token}"
"""


def test_two_daemons_and_a_person_open_each_pull_request_once(imported: World) -> None:
    """All three begin in the same moment, on lines that none has proposed: nothing is opened or brought twice."""
    imported.publish(NEWER)
    imported.upstream.latency = 0.05  # so that their polls overlap
    folders = [imported.folder / name for name in ("one", "other")]
    for folder in folders:
        folder.mkdir()
    token = imported.folder / "github-token"
    token.write_text(f"{TOKEN}\n")
    with serving(Hub(imported.folder / "ws" / "images.git")) as hub:
        settings(imported, GITHUB.format(api=hub.api, name=hub.name, token=token))
        config = imported.config_file
        command = [str(PROGRAM), "--config", str(config), "sync", "node"]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("WATCHER_")}  # noqa: TID251  (the child's)
        with (
            subprocess.Popen(command, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as person,
            running_at(folders[0], config) as one,
            running_at(folders[1], config) as other,
        ):
            said, _ = person.communicate(timeout=60)
            assert person.returncode == 0, said.decode()
            one.until(lambda: hub.calls.count("POST /pulls") >= 3, "three pull requests")
            for daemon in (one, other):
                daemon.until(lambda: daemon.ask("/readyz")[0] == 200, "ready")  # noqa: B023
            assert "Traceback" not in one.text() + other.text()
        branches = Counter(pull.request.head.ref for pull in hub.pulls(state="all"))
        opened = hub.calls.count("POST /pulls")
    assert branches == Counter(f"watcher/node/{line}" for line in ("22", "24", "26"))
    assert opened == len(branches)
    assert {(p.branch, p.state) for p in imported.pulls()} == {(branch, "open") for branch in branches}
