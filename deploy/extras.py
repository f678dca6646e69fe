"""Prints the installed libraries that only other extras than the given ones need: ``python deploy/extras.py postgres``.

For deploy/Dockerfile: the lock has the libraries of all extras, an image need not.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS = "base-image-watcher"


def needed(extras: Collection[str]) -> set[str]:
    """What is installed of that which we need with these extras, and what that needs, and so on."""
    seen: dict[str, set[str]] = {}
    todo = [(OURS, set(extras))]
    while todo:
        name, wanted = todo.pop()
        if name in seen and wanted <= seen[name]:
            continue
        try:
            requires = distribution(name).requires or []
        except PackageNotFoundError:  # of another platform
            continue
        seen[name] = seen.get(name, set()) | wanted
        cases = [{"extra": extra} for extra in ("", *seen[name])]
        needs = [
            need for need in map(Requirement, requires) if not need.marker or any(map(need.marker.evaluate, cases))
        ]
        todo += [(canonicalize_name(need.name), need.extras) for need in needs]
    return set(seen)


def unneeded(extras: Collection[str]) -> list[str]:
    """What would not be needed; ValueError on an extra that there is not."""
    known = distribution(OURS).metadata.get_all("Provides-Extra") or []
    if unknown := set(extras) - set(known):
        raise ValueError(f"no such extra: {', '.join(sorted(unknown))}; there are {', '.join(sorted(known))}")
    return sorted(needed(known) - needed(extras))


if __name__ == "__main__":
    try:
        sys.stdout.writelines(f"{name}\n" for name in unneeded(sys.argv[1:]))
    except ValueError as error:
        sys.exit(str(error))
