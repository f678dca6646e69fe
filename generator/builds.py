"""What a changed Dockerfile sets in motion: the images to build, in order, with their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, get_args

from generator import matrix, tags
from generator.rows import Catalogue
from state.model import Image, ImageKind

LAYERS: Mapping[ImageKind, str] = {
    "os-root": "root file system",
    "os-arch": "distro",
    "os-class": "device class",
    "stack-arch": "stack on architecture images",
    "stack-class": "stack on class images",
    "os-device": "devices",
    "stack-device": "devices with the stack",
}
"""Kinds of images in build order, in words."""


Past = Callable[[Collection[str]], Mapping[str, float]]
"""Seconds that the last build of each of some Dockerfiles took; those that were never built are left out."""


def never(dockerfiles: Collection[str]) -> Mapping[str, float]:
    """The past of which nothing is known."""
    del dockerfiles
    return {}


Kind = Literal["build", "cached", "relabel"]
"""``build``, ``cached``: made of the same before, or ``relabel``, which writes a device's label on its class image."""


@dataclass(frozen=True, slots=True)
class BuildStep:
    """One image to make, and why (``reason``).

    ``name`` and ``base`` are whole names, of the image and of what it stands on; ``platform`` is the OCI platform.
    """

    image: Image
    name: str
    kind: Kind
    platform: str
    base: str
    tags: tuple[str, ...]
    dated_tags: tuple[str, ...]
    reason: str = ""

    @property
    def layer(self) -> str:
        """The layer of the tree that it belongs to, in words."""
        return LAYERS[self.image.kind]

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {
            "name": self.name,
            "platform": self.platform,
            "dockerfile": self.image.dockerfile,
            "base": self.base,
            "tags": list(self.tags),
            "dated_tags": list(self.dated_tags),
            "kind": self.kind,
            "reason": self.reason,
        }


def document(steps: Sequence[BuildStep]) -> dict[str, Any]:
    """Return a plan as JSON: each image, and how much that is in all; ``tags`` are moving names that would be written."""
    kinds = Counter[str](step.kind for step in steps)
    counts = {kind: kinds[kind] for kind in get_args(Kind)}
    counts["tags"] = sum(len(step.tags) for step in steps if step.kind != "cached")
    return {"images": [step.document() for step in steps], "counts": counts}


@dataclass(frozen=True, slots=True)
class Touched:
    """An image that has to be made anew, and why: ``node 22.12.0``, ``base debian:bookworm changed``."""

    image: Image
    reason: str


def plan(catalogue: Catalogue, changed: Collection[str], day: date) -> list[BuildStep]:
    """Return the steps that follow from the *changed* Dockerfiles (paths), each after what it stands on.

    Whatever stands on a changed image is in it. Paths that make no image of the catalogue are left out.
    *day* is the date of the dated names, fixed here: a build resumed after midnight keeps it.
    """
    names = tags.Names(catalogue)
    return [step(names, each, day) for each in closure(catalogue, changed)]


def step(names: tags.Names, touched: Touched, day: date, kind: Kind | None = None) -> BuildStep:
    """Return what making an image means, with all its names."""
    image = touched.image
    return BuildStep(
        image=image,
        name=tags.name(names.catalogue, image),
        kind=kind or kind_of(image),
        platform=image.arch.oci,
        base=image.base,
        tags=tuple(names.tags(image)),
        dated_tags=tuple(names.dated(image, day)),
        reason=touched.reason,
    )


def kind_of(image: Image) -> Literal["build", "relabel"]:
    """Return how *image* is made."""
    return "relabel" if image.is_device else "build"


def closure(
    catalogue: Catalogue,
    changed: Collection[str],
    was: Catalogue | None = None,
    others: Mapping[str, str] | None = None,
) -> list[Touched]:
    """Return the images that the *changed* Dockerfiles make and all that stand on those, in build order.

    :param was: the catalogue before, to say what changed
    :param others: Dockerfiles that did not change themselves, but something that they copy, and what that is
    """
    paths, before, copied = set(changed), _before(was), others or {}

    def why(image: Image) -> str:
        return _why(catalogue, image, before) if image.dockerfile in paths else copied.get(image.dockerfile, "")

    return below(catalogue, why)


def below(catalogue: Catalogue, why: Callable[[Image], str]) -> list[Touched]:
    """Return the images for which *why* has a reason and all that stand on those, which have their base's."""
    reasons, found = dict[str, str](), list[Touched]()
    for image in matrix.images(catalogue):
        reason = reasons.get(image.base, "") or why(image)
        if reason:
            found.append(Touched(image, reason))
            if not image.is_device:
                reasons[tags.name(catalogue, image)] = reason
    return in_order(found)


def in_order(touched: Iterable[Touched]) -> list[Touched]:
    """Return *touched* in build order; within a layer as they come."""
    order = list(LAYERS)
    return sorted(touched, key=lambda each: order.index(each.image.kind))


def ordered(images: Iterable[Image]) -> list[Image]:
    """Return *images* in build order."""
    order = list(LAYERS)
    return sorted(images, key=lambda image: order.index(image.kind))


def _before(was: Catalogue | None) -> Mapping[str, Image]:
    """Dockerfile → image, as it was."""
    return {image.dockerfile: image for image in matrix.with_dockerfile(was)} if was else {}


def _why(catalogue: Catalogue, image: Image, before: Mapping[str, Image]) -> str:
    """Why a Dockerfile is another one: a version, a base, or something that has no name."""
    old = before.get(image.dockerfile)
    if image.stack is not None and (old is None or old.stack_version != image.stack_version):
        return f"{catalogue.stacks[image.stack].source} {image.stack_version}"
    if old is None:
        return "new"
    if old.base != image.base:
        return f"base {image.base.partition('@')[0]} changed"
    return "its Dockerfile changed"
