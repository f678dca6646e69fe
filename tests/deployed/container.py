"""The container: nobody, with nothing writable but its volume, that tells how it is and ends when it is asked to."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.builds.__main__ import check
from tests.deployed.docker import Docker

CONFINED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")
_SETTINGS = '[images]\nremote = "/var/lib/watcher/images.git"\n[web]\nlisten = "0.0.0.0:8080"\npublic = true\n'
_MOUNTED = {"C /etc", "A /etc/watcher", "A /etc/watcher/watcher.toml"}
"""What Docker itself makes, to mount the settings there."""

_VOLUME = "--volume=state:/var/lib/watcher"


def play(docker: Docker, image: str, work: Path) -> None:
    """Run it as deploy/docs/how-to/deploy.md says."""
    settings = work / "watcher.toml"
    settings.write_text(_SETTINGS)
    mounted = (_VOLUME, f"--volume={settings}:/etc/watcher/watcher.toml:ro")
    print(docker("run", "--rm", *CONFINED, _VOLUME, image, "init", "/var/lib/watcher"))
    confined(docker, image)
    doctor(docker, image, mounted)
    name = docker(
        "run", "--detach", *CONFINED, *mounted, "--publish=127.0.0.1:8080:8080", "--health-interval=1s", image
    )
    docker.until("healthy", "inspect", "--format={{.State.Health.Status}}", name)
    print("  ok: its HEALTHCHECK, carried out by Docker, calls it healthy")
    for path, wanted in (("/healthz", '"ok"'), ("/", "Sources"), ("/metrics", "watcher_builds_total")):
        check(wanted in docker.get(f"http://127.0.0.1:8080{path}"), f"{path} answers on the published port")
    saved = docker("exec", name, "sh", "-c", "watcher-backup save /var/lib/watcher - | tar -tzf -").splitlines()
    wanted_files = {"./watcher.toml", "./watcher.db", "./images.git/HEAD"}
    check(wanted_files <= {*saved}, "watcher-backup saves settings, memory and images, while it runs")
    docker("stop", "--time=60", name)
    state = json.loads(docker("inspect", "--format={{json .State}}", name))
    check(state["ExitCode"] == 0 and not state["OOMKilled"], "SIGTERM ends it with exit code 0")
    changed = set(docker("diff", name).splitlines()) - _MOUNTED
    check(not changed, f"it wrote to nothing but its volume {changed or ''}")
    docker("rm", name)


def confined(docker: Docker, image: str) -> None:
    """What a program in it may do, told by the kernel."""
    script = (
        "id -u; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status; touch /opt/watcher/x /etc/x /x 2>&1;"
        " command -v pip cc gcc; touch /var/lib/watcher/x /tmp/x && rm /var/lib/watcher/x && echo written"
    )
    told = docker("run", "--rm", *CONFINED, _VOLUME, "--entrypoint=sh", image, "-c", script)
    wanted = (
        r"10001\nCapEff:\s+0+\nCapBnd:\s+0+\nNoNewPrivs:\s+1\n"
        + r"touch: [^\n]*: Read-only file system\n" * 3
        + "written"
    )
    check(
        re.fullmatch(wanted, told) is not None, f"nobody, no capabilities, root read-only, no pip, no compiler\n{told}"
    )


def doctor(docker: Docker, image: str, mounted: tuple[str, ...]) -> None:
    """``watcher doctor`` finds all that the settings ask for."""
    document = json.loads(docker("run", "--rm", *CONFINED, *mounted, image, "doctor", "--json"))
    for each in document["findings"]:
        print(f"     {each['what']}: {each['told']}" if each["needed"] else "", end="\n" if each["needed"] else "")
    check(document["ok"], "watcher doctor misses nothing that is needed")
