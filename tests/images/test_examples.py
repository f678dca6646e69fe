"""The examples of the images repository are built, and booted as far as a container can."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.images.boot import boot
from tests.images.yard import Yard

EXAMPLES = Path(__file__).parents[2] / "watcher" / "scaffold" / "examples"

COMMAND = ("/bin/sh", "-c", """printf '%s|%s|%s\\n' "$GREETING" "$1" "$PWD" > /root/said; exit 5""", "sh", "it's me")
"""What the container is asked to do: it tells its environment, an argument with a quote, and its folder."""


@pytest.mark.parametrize("init", ["systemd", "openrc"])
def test_the_command_runs_as_a_service(yard: Yard, init: str) -> None:
    """With its environment, its arguments and its folder; when it ends, the container ends."""
    base = yard.build("amd64/debian/trixie/run")
    name = f"localhost/example-{init}:latest"
    yard.engine.build(EXAMPLES / "INITSYSTEM" / init, "Dockerfile", name, {"BASE": base})
    with yard.engine.mounted(name) as root:
        done = boot(root, "/usr/bin/env", "GREETING=hello world", "/usr/bin/entry.sh", *COMMAND)
        assert (root / "root/said").read_text() == "hello world|it's me|/\n", done.stdout + done.stderr
    assert done.returncode == 5, done.stdout + done.stderr


def test_openrc_hands_a_stop_on(yard: Yard) -> None:
    """SIGTERM reaches the command, which may take its leave; the container ends with its exit code."""
    base = yard.build("amd64/debian/trixie/run")
    name = "localhost/example-openrc:latest"
    yard.engine.build(EXAMPLES / "INITSYSTEM" / "openrc", "Dockerfile", name, {"BASE": base})
    script = "trap 'echo bye > /root/said; exit 3' TERM; kill -TERM 1; while :; do sleep 0.1; done"
    with yard.engine.mounted(name) as root:
        done = boot(root, "/usr/bin/env", "/usr/bin/entry.sh", "/bin/sh", "-c", script)
        assert done.returncode == 3, done.stdout + done.stderr
        assert (root / "root/said").read_text() == "bye\n"


def test_a_native_module_crosses_the_stages(yard: Yard) -> None:
    """It is compiled in the build image and works in the run image, which has no compiler."""
    build, run = (yard.build(f"node/amd64/debian/trixie/22/{variant}") for variant in ("build", "run"))
    name = "localhost/example-two-stage:latest"
    yard.engine.build(EXAMPLES / "two-stage", "Dockerfile", name, {"BUILD": build, "RUN": run})
    assert yard.engine.run(name, "sh", "-c", "cd /app && node main.js") == "The native module says 42.\n"
    assert yard.engine.run(name, "sh", "-c", "command -v gcc make || echo none") == "none\n"
