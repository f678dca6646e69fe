"""``python -m tests.fuzz --seconds N --seed S``: every fuzzing test again and again, each round with the next seed."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent.parent


def main() -> None:
    """Run rounds until the time is over; the last line is the tally."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=120.0, help="no round begins later; one takes about a minute")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    where = [HERE / "fuzz", *sorted((HERE / "sources").glob("test_*_fuzz.py"))]
    print(f"seed {given.seed}: {len(where)} places, rounds for {given.seconds:g} s", flush=True)
    begun, rounds, bad = time.monotonic(), 0, 0
    while rounds == 0 or time.monotonic() - begun < given.seconds:
        seed = given.seed + rounds
        options = ["-q", "-n0", "-p", "no:cacheprovider", "--hypothesis-profile=fuzz", f"--hypothesis-seed={seed}"]
        done = subprocess.run([sys.executable, "-m", "pytest", *options, *map(str, where)], capture_output=True, text=True, check=False)  # fmt: skip
        rounds += 1
        bad += done.returncode != 0
        print(f"seed {seed}: {done.stdout.strip().splitlines()[-1]}", flush=True)
        if done.returncode:
            print(done.stdout, done.stderr, flush=True)
    print(f"{rounds} rounds, seeds {given.seed} to {given.seed + rounds - 1}: {rounds - bad} well, {bad} wrong")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
