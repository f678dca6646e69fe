"""``make test-resilience RUNS=n SEED=s``: kills at boundaries on both forges, then at random instants; the last line is the tally."""

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

from tests.resilience.scene import Origin, prepared, scene
from tests.resilience.story import STAGES, Passage, chapter, play, recorded
from tests.resilience.truth import facts, listed_and_not_reached, unlike_the_story, wrong
from tests.resilience.victim import Kill, listed

FAR = 0.25
"""How many runs go on to the end of the story."""

Reference = Sequence[Passage]
"""A run that nothing disturbed: how each stage went."""

FORGES = {False: "embedded forge", True: "GitHub"}


@dataclass(frozen=True, slots=True)
class Case:
    """One run: on which forge, which stage of the story is disturbed, where, and with which stage it ends."""

    github: bool
    stage: int
    kills: tuple[Kill, ...]
    last: int

    @property
    def at_boundary(self) -> bool:
        """Whether it is killed at a boundary, not at an instant."""
        return self.kills[0].instant is None

    def __str__(self) -> str:
        """For people."""
        return f"{FORGES[self.github]}, {STAGES[self.stage].name}: killed {', '.join(map(str, self.kills))}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a run: what is wrong, and how many processes were really killed."""

    case: Case
    problems: Sequence[str]
    killed: int


def reference(folder: Path, origin: Origin, *, github: bool) -> Reference:
    """Play undisturbed, and hold that against the story, and against itself."""
    with scene(folder / "played", origin, github=github) as played:
        passages = recorded(played, facts, folder)
        problems = unlike_the_story(passages[-1].facts) + wrong(played, passages[-1].facts)
        if problems:
            raise SystemExit("the undisturbed run is wrong:\n" + "\n".join(problems))
    return passages


def cases(references: Mapping[bool, Reference], runs: int, dice: random.Random) -> list[Case]:
    """Draw so many: three quarters at boundaries, a quarter at instants, in any order."""
    instants = runs // 4
    found = at_boundaries(references, runs - instants, dice)
    found += [at_instants(references, dice) for _ in range(runs - len(found))]
    dice.shuffle(found)
    return found


def at_boundaries(references: Mapping[bool, Reference], count: int, dice: random.Random) -> list[Case]:
    """Choose evenly: each boundary of each stage once, whatever forge and wherever in it, before any a second time.

    Most of what a build does is to write tags: drawn from one pot, hardly anything else would be tried.
    """
    pots: dict[tuple[int, str], list[Case]] = {}
    for github, told in references.items():
        for stage, passage in enumerate(told):
            for name, times in passage.passed.items():
                here = [Case(github, stage, (Kill(name, nth),), ending(stage, dice)) for nth in range(1, times + 1)]
                pots.setdefault((stage, name), []).extend(here)
    for pot in pots.values():
        dice.shuffle(pot)
    chosen: list[Case] = []
    while pots and len(chosen) < count:
        round_ = [pot.pop() for pot in pots.values()]
        dice.shuffle(round_)
        chosen += round_[: count - len(chosen)]
        pots = {key: pot for key, pot in pots.items() if pot}
    return chosen


def at_instants(references: Mapping[bool, Reference], dice: random.Random) -> Case:
    """Draw one that is killed anywhere, perhaps several times in a row."""
    github, stage = dice.random() < 0.5, dice.randrange(len(STAGES))
    longest = references[github][stage].seconds
    kills = tuple(Kill(instant=round(dice.uniform(0.02, longest), 2)) for _ in range(dice.choice((1, 1, 2, 3))))
    return Case(github, stage, kills, ending(stage, dice))


def ending(stage: int, dice: random.Random) -> int:
    """Draw where a run ends: with the chapter that is disturbed; one of four goes on to the end of the story."""
    return len(STAGES) - 1 if dice.random() < FAR else chapter(stage)


def run(case: Case, folder: Path, origin: Origin, told: Reference) -> Outcome:
    """Play one case, from where it is disturbed, and say what is wrong at its end."""
    since = told[case.stage].before
    with (
        tempfile.TemporaryDirectory(dir=folder) as place,
        scene(Path(place), origin, github=case.github, since=since) as played,
    ):
        try:
            play(played, case.kills, case.stage, case.last)
            problems = wrong(played, told[case.last].facts)
        except Exception as error:  # noqa: BLE001  (whatever it is, the run is told as wrong, and the others go on)
            problems = [f"{type(error).__name__}: {error}"]
        if case.at_boundary and not played.killed:
            problems.append("nothing was killed")
        return Outcome(case, [*problems, *played.tried] if problems else [], played.killed)


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
        with prepared(folder / "origin") as origin, ThreadPoolExecutor(given.workers) as workers:
            played = workers.map(
                lambda github: reference(folder / f"reference-{github}", origin, github=github), FORGES
            )
            told = dict(zip(FORGES, played, strict=True))
            passed = [passage.passed for each in told.values() for passage in each]
            if lacking := listed_and_not_reached(listed(), passed):
                raise SystemExit(f"no run comes by these boundaries, so none is tried there: {', '.join(lacking)}")
            wanted = cases(told, given.runs, random.Random(given.seed))
            outcomes = workers.map(lambda case: run(case, folder, origin, told[case.github]), wanted)
            for number, outcome in enumerate(outcomes, 1):
                bad += bool(outcome.problems)
                killed += outcome.killed
                print(f"{number:>4} {'WRONG' if outcome.problems else 'well '} {outcome.case}", flush=True)
                print("".join(f"     {problem}\n" for problem in outcome.problems), end="", flush=True)
    points = sum(case.at_boundary for case in wanted)
    print(
        f"{given.runs} runs, seed {given.seed}: {given.runs - bad} well, {bad} wrong; {points} at boundaries, "
        f"{given.runs - points} at instants, {killed} processes killed, {time.monotonic() - begun:.0f} s"
    )
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
