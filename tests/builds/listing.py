"""The plain list at the end of ``make test-builds``: each image that was made, its digest, and the names that lead to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Scene:
    """What one ``watcher build --json`` reported (``report``), into which registry, and whether images were tried out."""

    title: str
    registry: str
    report: Mapping[str, Any]
    tried: bool = True


def lines(scenes: Sequence[Scene]) -> Iterator[str]:
    """Yield the lines of the list, scene by scene; the last one says how much that is."""
    yield "== Built, tried out and named"
    for scene in scenes:
        yield ""
        trials = "tried out" if scene.tried else "NOT tried out: these workers build without trials (smoke = false)"
        yield f"{scene.title}, in {scene.registry}; what was built was {trials}"
        yield from _images(scene)
    totals = {kind: sum(len(scene.report[kind]) for scene in scenes) for kind in ("built", "relabelled", "cached")}
    tried = sum(len(scene.report["built"]) for scene in scenes if scene.tried)
    names = sum(len(each) for scene in scenes for each in _names(scene.report).values())
    yield ""
    yield (
        f"in all {totals['built']} built, {tried} of them tried out, {totals['relabelled']} relabelled, "
        f"{totals['cached']} cached; {names} names"
    )


def _images(scene: Scene) -> Iterator[str]:
    """A line for each image, and one for each of its names."""
    names, trial = _names(scene.report), "tried out" if scene.tried else "not tried out"
    for kind in ("built", "relabelled", "cached"):
        for image in scene.report[kind]:
            more = f"  {trial}" if kind == "built" else ""  # the others were built before, or are their class's image
            yield f"{kind:<11} {image['name']}  {image['digest']}  {image['seconds']:.1f} s{more}"
            yield from (f"            {ref}" for ref in names.get(image["digest"], ()))


def _names(report: Mapping[str, Any]) -> dict[str, list[str]]:
    """Digest → the names that lead there, each once."""
    found: dict[str, dict[str, None]] = {}
    for tag in report["tags"]:
        if tag["action"] != "refused":
            found.setdefault(tag["digest"], {})[tag["ref"]] = None
    return {digest: list(refs) for digest, refs in found.items()}
