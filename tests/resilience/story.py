"""The story of every run: what people and upstream do, and what the watcher is asked in between.

Upstream is down. A branch is in the way. Then an update, a new line and a removal are proposed; a person closes the
update, thinks better of it, has it made again without a commit that somebody put there, merges the new line, and takes
over what the registry has. The images of the new line are
built. The next release comes: the open proposal is brought up to it, merged on the forge itself, while the removal is
closed there; its images are built; and a week later the registry is tidied up.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.resilience.scene import BEFORE_US, Scene, Snapshot, snapshot
from tests.resilience.victim import Kill

Facts = Mapping[str, Any]

ADDED, UPDATED, REMOVED = "watcher/node/24", "watcher/node/22", "watcher/eol/node-18"


@dataclass(frozen=True, slots=True)
class Stage:
    """One command of the watcher, after something happened; ``code`` is the exit code that it has to end with.

    Where a chapter ``ends`` all runs are looked at: there a disturbed one has to have what the undisturbed one has.
    """

    name: str
    words: Callable[[Scene], Sequence[str]]
    first: Callable[[Scene], None] = lambda _: None
    code: int = 0
    ends: bool = False


def _merge_the_update(scene: Scene) -> None:
    scene.decide("merge", UPDATED)
    scene.decide("close", REMOVED)


def _obstruct(scene: Scene) -> None:
    scene.serve("first")
    scene.obstruct()


def _next(scene: Scene) -> None:
    scene.serve("next", days=1)


STAGES = (
    Stage("sync, upstream down", lambda _: ("sync", "node"), lambda scene: scene.serve("down"), 3),
    Stage("sync, a branch in the way", lambda _: ("sync", "node"), _obstruct, 1),
    Stage("sync", lambda _: ("sync", "node"), Scene.make_way),
    Stage("close", lambda scene: ("pulls", "close", scene.number(UPDATED))),
    Stage("reopen", lambda scene: ("pulls", "reopen", scene.number(UPDATED))),
    Stage("recreate", lambda scene: ("pulls", "recreate", scene.number(UPDATED)), lambda scene: scene.commit_to(UPDATED)),
    Stage("merge", lambda scene: ("pulls", "merge", scene.number(ADDED))),
    Stage("adopt", lambda _: ("adopt", BEFORE_US), ends=True),
    Stage("build", lambda _: ("build",), ends=True),
    Stage("sync, next release", lambda _: ("sync", "node"), _next),
    Stage("build, next release", lambda _: ("build",), _merge_the_update, ends=True),
    Stage("prune", lambda _: ("prune",), lambda scene: scene.serve("next", days=8), ends=True),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Passage:
    """How a stage went that nothing disturbed: boundaries by name, seconds, and the scene as it was before it.

    ``facts`` is what was true after it, where a chapter ends.
    """

    passed: dict[str, int]
    seconds: float
    before: Snapshot | None
    facts: Facts


def chapter(stage: int) -> int:
    """Return the number of the stage with which the chapter of *stage* ends."""
    return next(number for number in range(stage, len(STAGES)) if STAGES[number].ends)


def play(scene: Scene, kills: Sequence[Kill], stage: int, last: int) -> None:
    """Play the story from *stage* to the *last* one, the first of them disturbed by *kills*.

    :raises AssertionError: a command that nobody killed did not end as it has to, not even the second time
    """
    for number in range(stage, last + 1):
        STAGES[number].first(scene)
        for kill in kills if number == stage else ():
            scene.run(*STAGES[number].words(scene), kill=kill)
        _undisturbed(scene, STAGES[number])


def recorded(scene: Scene, look: Callable[[Scene], Facts], folder: Path | None = None) -> list[Passage]:
    """Play it undisturbed, and tell how each stage went; in *folder* the scene is kept as it was before each."""
    passages = []
    for number, stage in enumerate(STAGES):
        before = snapshot(scene, folder / str(number)) if folder else None
        stage.first(scene)
        seconds = _undisturbed(scene, stage)
        passages.append(Passage(dict(scene.passed), seconds, before, look(scene) if stage.ends else {}))
    return passages


def _undisturbed(scene: Scene, stage: Stage) -> float:
    """Run a stage's command; return the seconds that it took."""
    before = len(scene.tried)
    for _ in range(2):
        words = stage.words(scene)
        if scene.run(*words) == stage.code:
            return scene.took
    raise AssertionError(f"{stage.name}: exit {stage.code} is awaited\n" + "\n".join(scene.tried[before:]))
