"""``python -m tests.fuzz --seconds N --seed S``: every fuzzing test, place by place, again and again until the time is over."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests.fuzz.place import Place, run

HERE = Path(__file__).parent.parent
PLACES = (*sorted((HERE / "fuzz").glob("test_*.py")), *sorted((HERE / "sources").glob("test_*_fuzz.py")))
MOST = 2000
"""Examples of each property that a run tries at most."""

_OVER = 0.15
"""What a run may take beyond the time, as a part of all of it; then it is cut off."""


def fuzz(places: Sequence[Place], seconds: float, seed: int) -> int:
    """Run them in turn, all with the round's seed, until the time is over; return how many were wrong."""
    begun, wrong, turn = time.monotonic(), 0, 0
    while (left := seconds - (time.monotonic() - begun)) > 0:
        place, number = places[turn % len(places)], seed + turn // len(places)
        share = left / (len(places) - turn % len(places))  # a place that hangs leaves the others theirs
        done = run(place, number, min(left, 2 * share), min(left + seconds * _OVER, 3 * share))
        print(f"{place.file.name} --seed {number}, {place.examples} examples each: {done.figure}", flush=True)
        if done.wrong:
            wrong += 1
            print(done.said, flush=True)
        place.rounds += done.code == 0
        # In the next round each place has an equal part of what is left; a start of some seconds costs nothing.
        place.examples = max(1, min(MOST, int(place.examples * 0.7 * left / len(places) / max(done.seconds, 1.0))))
        turn += 1
    return wrong


def main() -> None:
    """Run; the last line is the tally."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="it ends within a fifth more")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    first = given.seed % len(PLACES)  # where the time does not suffice for all, it is not always the same ones
    places = [Place(file) for file in (*PLACES[first:], *PLACES[:first])]
    print(f"seed {given.seed}: {len(places)} places, {given.seconds:g} s", flush=True)
    begun = time.monotonic()
    wrong = fuzz(places, given.seconds, given.seed)
    missed = [place.file.name for place in places if not place.rounds]
    if missed:
        print(f"not run to their end in this time: {', '.join(missed)}")
    rounds = sum(place.rounds for place in places)
    print(f"seed {given.seed}: {rounds} runs well, {wrong} wrong, {time.monotonic() - begun:.0f} s")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
