"""``make demo``: the main job from recorded feeds to a pull request, on loopback, with no account.

A server of recorded nodejs.org documents first shows October 2024, later August 2026; the watcher is
told to believe it is that day (``WATCHER_NOW``). Everything else is the real thing: the commands are
those that a person types, and the signatures are verified against Node's release keys.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.upstream import Upstream
from tests.upstream.layout import lay_out

HERE = Path(__file__).parent
FOLDER = HERE.parent / "demo"
RECORDED = HERE / "upstream" / "bundled"
STATES = {
    "2024-11-01": ("dist-index.2024-10-31.json", "schedule.2024-10-29.json"),
    "2026-08-10": ("dist-index.2026-08-05.json", "schedule.2026-06-01.json"),
}


def main() -> None:
    """Play the two acts."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    served = FOLDER / "upstream"
    for day, (index, schedule) in STATES.items():
        lay_out(RECORDED, FOLDER / day, index, schedule)
    FOLDER.joinpath("upstream").symlink_to("2024-11-01")
    with Upstream(served) as upstream:
        say("A workspace: settings, an images repository with its own pull requests, and a memory")
        watcher("init", "demo/workspace", day="2024-11-01")
        mirrors = "\n".join(f'"{official}" = "{url}"' for official, url in upstream.mirrors().items())
        with (FOLDER / "workspace" / "watcher.toml").open("a") as settings:
            settings.write(f"\n[mirrors]  # the recorded feeds, instead of the live ones\n{mirrors}\n")

        say("1 November 2024: the first sync imports every supported line in one pull request")
        watcher("sync", "node", day="2024-11-01")
        watcher("pulls", "merge", "1", day="2024-11-01")

        say("10 August 2026: upstream moved on; new releases, new lines, lines at their end of life")
        served.unlink()
        served.symlink_to("2026-08-10")
        watcher("sync", "node", day="2026-08-10")
        say("A second run does nothing")
        watcher("sync", "node", day="2026-08-10")

        number = find("watcher/node/22")
        say("The pull request, as a maintainer sees it")
        watcher("pulls", "show", number, day="2026-08-10")
        say("Merged; what is to be built now, parents first, and its dated tags")
        watcher("pulls", "merge", number, day="2026-08-10")
        watcher("build", "--pull", number, "--dry-run", day="2026-08-10")
        say("And the status")
        watcher("status", day="2026-08-10")
    print(f"\nEverything is in {FOLDER.relative_to(Path.cwd())}/workspace: look around with")
    print("  WATCHER_NOW=2026-08-10 .venv/bin/watcher pulls --config demo/workspace/watcher.toml")


def say(words: str) -> None:
    """Announce a scene."""
    print(f"\n\033[1m== {words}\033[0m\n", flush=True)


def watcher(*arguments: str, day: str) -> None:
    """Run a command as a person would, and show it with what it prints."""
    print(f"$ watcher {' '.join(arguments)}", flush=True)
    done = run(*arguments, day=day)
    print(done.stdout, end="", flush=True)
    if done.returncode:
        sys.exit(f"watcher {' '.join(arguments)}: exit code {done.returncode}\n{done.stderr}")


def find(branch: str) -> str:
    """The number of the open pull request of *branch*."""
    listed = json.loads(run("pulls", "--json", day="2026-08-10").stdout)
    return next(str(pull["number"]) for pull in listed if (pull["branch"], pull["state"]) == (branch, "open"))


def run(*arguments: str, day: str) -> subprocess.CompletedProcess[str]:
    """Run the program that is installed beside this Python."""
    program = Path(sys.executable).with_name("watcher")
    environment = dict(os.environ) | {"WATCHER_NOW": f"{day}T09:00:00Z", "NO_COLOR": "1"}  # noqa: TID251  (its own clock)
    if arguments[0] != "init":
        environment["WATCHER_CONFIG"] = str(FOLDER / "workspace" / "watcher.toml")
    return subprocess.run(
        [str(program), *arguments], env=environment, text=True, capture_output=True, check=False, cwd=HERE.parent
    )


if __name__ == "__main__":
    main()
