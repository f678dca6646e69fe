"""What must be true at the end of every run, whatever was killed on the way: the same as where nothing was."""

from __future__ import annotations

import re
import subprocess
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from state.model import Build
from state.store import Entry, Move, Store
from tests.resilience.scene import BEFORE_US, Scene
from tests.resilience.story import ADDED, REMOVED, UPDATED
from watcher.app import App
from watcher.sync import sync

ONCE = (
    "ReleaseSeen", "SupportEnded", "PullRequestMerged", "PullRequestClosed", "PullRequestOpened", "BuildPlanned", "ImageBuilt",
    "ImageTagged",
)  # fmt: skip
STAGING = "balenalib/staging"
_DATED = re.compile(r"(?P<stem>.+)-(?P<day>[0-9]{8})(?P<nth>\.[0-9]+)?")

PULLS = {ADDED: "merged", UPDATED: "merged", REMOVED: "closed"}
"""Where the story leads: these pull requests, one of each, and no other."""

DATED = {
    BEFORE_US: {"jessie-20180101", "trixie-run-20260810", "trixie-build-20260810"},
    **{
        f"balenalib/{hardware}debian-node": {
            f"{version}-trixie-{variant}-{day}"
            for version, day in (("24.19.0", 20260810), ("22.23.2", 20260811))
            for variant in ("run", "build")
        }
        for hardware in ("amd64-", "generic-amd64-", "intel-nuc-", "")
    },
    "balenalib/generic-amd64-debian": {"trixie-run-20260810", "trixie-build-20260810"},
    "balenalib/debian": {"trixie-run-20260810", "trixie-build-20260810"},
}
"""Where it leads in the registry: these dated names and no other, by repository. The last is of indexes."""


def facts(scene: Scene) -> dict[str, Any]:
    """What two runs must have in common."""
    return {
        "branches": _branches(scene),
        "other refs": sorted(r for r in _refs(scene) if not r.startswith(("refs/heads/", "refs/pull/"))),
        "tags": {
            name: dict(repository.tags) for name, repository in scene.registry.repositories.items() if repository.tags
        },
        **scene.world.run(_remembered),
    }


def unlike_the_story(found: Mapping[str, Any]) -> list[str]:
    """What the undisturbed run did otherwise than the story says: all others are held against it."""
    problems = [f"pull requests: {found['pull requests']!r}"] if dict(found["pull requests"]) != PULLS else []
    problems += ["one branch has two pull requests"] if len(found["pull requests"]) > len(PULLS) else []
    for name in sorted(found["tags"].keys() | DATED.keys()):
        tags = {tag for tag in found["tags"].get(name, {}) if _DATED.fullmatch(tag)}
        if tags != DATED.get(name, set()):
            problems.append(f"{name} has the dated tags {sorted(tags)}")
    node = found["tags"].get("balenalib/amd64-debian-node", {})
    for moving, dated in (("22", "22.23.2-trixie-run-20260811"), ("latest", "24.19.0-trixie-run-20260810")):
        if not node.get(moving) or node.get(moving) != node.get(dated):
            problems.append(f"{moving} does not lead where {dated} does")
    return problems


def wrong(scene: Scene, expected: Mapping[str, Any]) -> list[str]:
    """What is not as it must be, in sentences."""
    found = facts(scene)
    problems = [f"{name}: {_told(found[name], expected[name])}" for name in expected if found[name] != expected[name]]
    problems += _registry(scene) + _leftovers(scene)
    for _ in range(2):
        again = scene.world.run(lambda app: sync(app, ["node"]))
        if again.pulls or again.exit_code:
            problems.append(f"another sync had something to do: {again}")
    if not again.unchanged:
        problems.append("a sync did not remember what the one before had seen")
    return problems


def _told(found: Any, expected: Any) -> str:
    """Only what differs, of what is long."""
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = [key for key in {**expected, **found} if found.get(key) != expected.get(key)]
        return "; ".join(f"{key}: {_told(found.get(key), expected.get(key))}" for key in keys)
    if isinstance(found, list) and isinstance(expected, list):
        more, less = Counter(map(repr, found)), Counter(map(repr, expected))
        return f"too much: {sorted((more - less).elements())}, missing: {sorted((less - more).elements())}"
    return f"{found!r} instead of {expected!r}"


async def _remembered(app: App) -> dict[str, Any]:
    """What the memory and the forge say."""
    pulls = [(pull.branch, pull.standing) for pull in await app.forge.pulls()]
    told = Counter(_event(entry) for entry in app.store.events(100_000) if entry.kind in ONCE)
    return {
        "pull requests": sorted(pulls),
        "remembered": sorted((pull.branch, pull.state, tuple(pull.lines.items())) for pull in app.store.pulls()),
        "not wanted": sorted(app.store.ignored("node")),
        "events": dict(sorted(told.items())),
        "unfinished": len(app.store.unfinished()),
        "releases": sorted((r.line, str(r.version)) for r in app.store.releases("node")),
        "builds": sorted(map(_build, app.store.builds.newest(100_000))),
        "ledger": _ledger(app.store),
        "history": sorted(map(_move, _moves(app.store))),
        "staged": sorted(app.store.builds.staged().items()),
    }


def _event(entry: Entry) -> str:
    """An event by what it tells, but for the seconds that a build took."""
    if entry.kind in ("ImageBuilt", "ImageTagged"):
        told = {key: value for key, value in entry.data.items() if key not in ("seconds", "cached", "plan")}
        return f"{entry.kind} {sorted(told.items())}"
    return f"{entry.kind} {entry.summary}"


def _build(build: Build) -> tuple[str, ...]:
    """What counts of a build: not how often it was tried, nor whether it was found in the registry."""
    return (build.name, build.kind, build.reason, build.state, build.digest, build.dated, str(build.pull))


def _ledger(store: Store) -> dict[str, str]:
    rows = (row for name in store.ledger.repositories() for row in store.ledger.of(name))
    return {row.reference: f"{row.digest} {row.origin}" for row in rows}


def _moves(store: Store) -> Iterable[Move]:
    """Every move of every tag."""
    for name in store.ledger.repositories():
        for row in store.ledger.of(name):
            yield from store.ledger.history(row.repository, row.tag)


def _move(move: Move) -> tuple[str, ...]:
    return (move.reference, move.before, move.after, move.why, move.note, str(move.pull))


def _refs(scene: Scene) -> list[str]:
    return scene.world.git("for-each-ref", "--format=%(refname)").split()


def _branches(scene: Scene) -> dict[str, str]:
    """Branch → its whole content: no branch is left over, and each says the same."""
    shown = scene.world.git("for-each-ref", "--format=%(refname:lstrip=2) %(tree)", "refs/heads")
    return dict(line.split() for line in shown.splitlines())


def _registry(scene: Scene) -> list[str]:
    """Dated names were written once, each image has one, and what is staged is known to the queue."""
    problems = []
    count = Counter((name, tag) for name, tag, _ in scene.registry.written if _DATED.fullmatch(tag))
    problems += [f"{name}:{tag} was written {times} times" for (name, tag), times in count.items() if times > 1]
    for name, repository in scene.registry.repositories.items():
        dates: dict[tuple[str, str], list[str]] = {}
        for tag, digest in repository.tags.items():
            if found := _DATED.fullmatch(tag):
                dates.setdefault((found["stem"], digest), []).append(tag)
                problems += [f"{name}:{tag} is a second image of that day"] if found["nth"] else []
            if digest not in repository.manifests:
                problems.append(f"{name}:{tag} leads nowhere")
        problems += [f"{name}: one image has {' and '.join(tags)}" for tags in dates.values() if len(tags) > 1]
    known = scene.world.run(_staged)
    there = scene.registry.repository(STAGING).tags
    problems += [f"{STAGING}:{tag} is known to nobody" for tag, digest in there.items() if known.get(tag) != digest]
    return problems


async def _staged(app: App) -> Mapping[str, str]:
    return app.store.builds.staged()


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
    kept |= {f"watcher.db-{name}.lock" for name in ("act", "build", "poll-node")} | {"builds", "scratch"}
    problems += [f"left over: var/{p.name}" for p in (workspace / "var").iterdir() if p.name not in kept]
    problems += [f"left over: var/scratch/{path.name}" for path in (workspace / "var" / "scratch").glob("*")]
    return problems


def listed_and_not_reached(listed: Iterable[str], reached: Iterable[Mapping[str, int]]) -> Sequence[str]:
    """Boundaries that are listed and that no undisturbed run comes by: a kill there was never tried."""
    passed = {name for each in reached for name in each}
    return sorted(name for each in listed for name in (f"before {each}", f"after {each}") if name not in passed)
