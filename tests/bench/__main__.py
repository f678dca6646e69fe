"""Run the benchmarks by name."""

from __future__ import annotations

import sys

from tests.bench import (
    bake,
    builds,
    cycle,
    decade,
    farm,
    feeds,
    names,
    pages,
    poll,
    publishing,
    render,
    served,
    template,
    walk,
)

BENCHES = {
    "walk": walk.main,
    "template": template.main,
    "poll": poll.main,
    "render": render.main,
    "feeds": feeds.main,
    "cycle": cycle.main,
    "names": names.main,
    "decade": decade.main,
    "bake": bake.main,
    "builds": builds.main,
    "publishing": publishing.main,
    "pages": pages.main,
    "farm": farm.main,
    "run": served.main,
}


def main() -> None:
    """Run those that were named, or all."""
    for name in sys.argv[1:] or BENCHES:
        print(f"\n== {name}")
        BENCHES[name]()


if __name__ == "__main__":
    main()
