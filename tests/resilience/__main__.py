"""``make test-resilience RUNS=n SEED=s``: every boundary on both forges, then random instants; the last line is the tally."""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.resilience.scene import Kill, play, prepared, scene
from tests.resilience.truth import facts, wrong
from tests.world import World

FORGES = {False: "embedded forge", True: "GitHub"}
STAGES = ("first", "second")


@dataclass(frozen=True, slots=True)
class Case:
    """One run: on which forge, which sync is disturbed, and where; ``name`` is that of the boundary."""

    github: bool
    stage: int
    kills: tuple[Kill, ...]
    name: str = ""

    def __str__(self) -> str:
        """For people."""
        told = self.name or ", ".join(f"after {kill.instant:.2f} s" for kill in self.kills)
        return f"{FORGES[self.github]}, {STAGES[self.stage]} sync killed {told}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A run that nothing disturbed: what is true at its end, its boundaries, and how long its syncs took (seconds)."""

    facts: Mapping[str, Any]
    boundaries: Sequence[Sequence[str]]
    seconds: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run: what is wrong, and how many processes were really killed."""

    case: Case
    problems: Sequence[str]
    killed: int


def reference(folder: Path, origin: World, *, github: bool) -> Reference:
    """Play undisturbed, and hold that against itself too."""
    with scene(folder, origin, github=github) as played:
        begun = time.monotonic()
        boundaries = play(played)
        seconds = (time.monotonic() - begun) / 2
        found = facts(played)
        problems = wrong(played, found)
        if problems:
            raise SystemExit("the undisturbed run is wrong:\n" + "\n".join(problems))
    return Reference(found, boundaries, seconds)


def cases(references: Mapping[bool, Reference], runs: int, dice: random.Random) -> list[Case]:
    """All boundaries (a choice of them where there are more than *runs*), then instants."""
    every = [
        Case(github, stage, (Kill(point),), f"at boundary {point}, {name}")
        for github, told in references.items()
        for stage, names in enumerate(told.boundaries)
        for point, name in enumerate(names, 1)
    ]
    dice.shuffle(every)
    chosen = every[:runs]
    while len(chosen) < runs:
        github, stage = dice.random() < 0.5, dice.randrange(2)
        longest = references[github].seconds
        kills = tuple(Kill(instant=dice.uniform(0.05, longest)) for _ in range(dice.choice((1, 1, 2, 3))))
        chosen.append(Case(github, stage, kills))
    return chosen


def run(case: Case, folder: Path, origin: World, expected: Mapping[str, Any]) -> Outcome:
    """Play one case and say what is wrong at its end."""
    with tempfile.TemporaryDirectory(dir=folder) as place, scene(Path(place), origin, github=case.github) as played:
        try:
            play(played, case.kills, case.stage)
            problems = wrong(played, dict(expected))
        except Exception as error:  # noqa: BLE001  (whatever it is, the run is told as wrong, and the others go on)
            problems = [f"{type(error).__name__}: {error}"]
        killed = sum(told.startswith("exit -9 ") for told in played.tried)
        return Outcome(case, [*problems, *played.tried] if problems else [], killed)


def main() -> None:
    """Run."""
    parser = argparse.ArgumentParser(prog="python -m tests.resilience", description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    print(f"seed {given.seed}: {given.runs} runs", flush=True)
    begun, bad, killed = time.monotonic(), 0, 0
    with tempfile.TemporaryDirectory(prefix="watcher-resilience-") as place:
        folder = Path(place)
        with prepared(folder / "origin") as origin:
            told = {github: reference(folder / f"reference-{github}", origin, github=github) for github in FORGES}
            wanted = cases(told, given.runs, random.Random(given.seed))
            with ThreadPoolExecutor(given.workers) as workers:
                outcomes = workers.map(lambda case: run(case, folder, origin, told[case.github].facts), wanted)
                for number, outcome in enumerate(outcomes, 1):
                    bad += bool(outcome.problems)
                    killed += outcome.killed
                    print(f"{number:>4} {'WRONG' if outcome.problems else 'well '} {outcome.case}", flush=True)
                    print("".join(f"     {problem}\n" for problem in outcome.problems), end="", flush=True)
    points = sum(bool(case.name) for case in wanted)
    print(
        f"{given.runs} runs, seed {given.seed}: {given.runs - bad} well, {bad} wrong; {points} at boundaries, "
        f"{given.runs - points} at instants, {killed} processes killed, {time.monotonic() - begun:.0f} s"
    )
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
