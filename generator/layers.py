"""That no two device classes are one: what their Dockerfiles do has to differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from generator.catalogue import FILES
from state.errors import CatalogueError
from state.model import Image


def distinct(images: Iterable[Image], texts: Mapping[str, str]) -> None:
    """Prove that no two classes of a cell have Dockerfiles with the same instructions.

    :param texts: path → text of all that is rendered
    :raises CatalogueError: two have; comments and a class's own name are no difference
    """
    seen: dict[tuple[object, ...], str] = {}
    for image in images:
        if image.kind != "os-class":
            continue
        place = (image.arch, image.distro, image.distro_version, image.variant)
        other = seen.setdefault((*place, _does(texts[image.dockerfile])), image.hw)
        if other != image.hw:
            where = f"{image.distro} {image.distro_version}"
            problem = f"does on {where} just what {other} does: put the devices of both into one class"
            raise CatalogueError(FILES["devices"], f"classes.{image.hw}", problem)


def _does(text: str) -> tuple[str, ...]:
    """What a Dockerfile does."""
    return tuple(line for line in text.splitlines() if not line.startswith("#") and "'Device class: " not in line)
