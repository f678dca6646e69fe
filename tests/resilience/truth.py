"""What must be true at the end of every run, whatever was killed on the way: the same as where nothing was."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import Any

from tests.resilience.scene import Scene
from watcher.app import App
from watcher.sync import sync

ONCE = ("ReleaseSeen", "SupportEnded", "PullRequestMerged", "PullRequestClosed", "PullRequestOpened", "BuildPlanned")


def facts(scene: Scene) -> dict[str, Any]:
    """What two runs must have in common."""
    return {
        "branches": _branches(scene),
        "other refs": sorted(r for r in _refs(scene) if not r.startswith(("refs/heads/", "refs/pull/"))),
        **scene.world.run(_remembered),
    }


def wrong(scene: Scene, expected: dict[str, Any]) -> list[str]:
    """What is not as it must be, in sentences."""
    found = facts(scene)
    problems = [
        f"{name}: {found[name]!r} instead of {expected[name]!r}" for name in expected if found[name] != expected[name]
    ]
    for branch in (branch for branch, standing in found["pull requests"] if standing == "open"):
        count = scene.world.git("rev-list", "--count", f"main..{branch}").strip()
        if count != "1":
            problems.append(f"{branch} has {count} commits")
    problems += _leftovers(scene)
    again = scene.world.run(lambda app: sync(app, ["node"]))
    if again.pulls or not again.unchanged or again.exit_code:
        problems.append(f"another sync had something to do: {again}")
    return problems


async def _remembered(app: App) -> dict[str, Any]:
    """What the memory and the forge say."""
    pulls = [(pull.branch, pull.standing) for pull in await app.forge.pulls()]
    told = Counter((entry.kind, entry.summary) for entry in app.store.events(10_000) if entry.kind in ONCE)
    return {
        "pull requests": sorted(pulls),
        "remembered": sorted((pull.branch, pull.state, tuple(pull.lines.items())) for pull in app.store.pulls()),
        "not wanted": sorted(app.store.ignored("node")),
        "events": {f"{kind} {summary}": count for (kind, summary), count in sorted(told.items())},
        "unfinished": len(app.store.unfinished()),
        "releases": sorted((r.line, str(r.version)) for r in app.store.releases("node")),
    }


def _refs(scene: Scene) -> list[str]:
    return scene.world.git("for-each-ref", "--format=%(refname)").split()


def _branches(scene: Scene) -> dict[str, str]:
    """Branch → its whole content: no branch is left over, and each says the same."""
    shown = scene.world.git("for-each-ref", "--format=%(refname:lstrip=2) %(tree)", "refs/heads")
    return dict(line.split() for line in shown.splitlines())


def _leftovers(scene: Scene) -> list[str]:
    """What a killed process left lying about, and repositories that are not whole."""
    problems = []
    workspace = scene.world.folder / "ws"
    for repository in (workspace / "images.git", workspace / "var" / "clone.git"):
        if not repository.exists():
            continue
        check = ["git", "-C", str(repository), "fsck", "--connectivity-only", "--no-dangling"]
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        if done.returncode:
            problems.append(f"{repository.name} is not whole: {done.stderr.strip()}")
        locks = [p for p in repository.rglob("*.lock") if p.name != "watcher.lock"]
        problems += [f"left over: {path.relative_to(workspace)}" for path in locks]
    kept = {"watcher.db", "watcher.db-shm", "watcher.db-wal", "clone.git", "clone.git.lock", "github-writes.json"}
    kept |= {f"watcher.db-{name}.lock" for name in ("act", "build", "poll-node")}
    problems += [f"left over: var/{p.name}" for p in (workspace / "var").iterdir() if p.name not in kept]
    return problems
