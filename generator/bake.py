"""The family as files for ``docker buildx bake``: for people whose own CI builds.

A file holds at most :data:`LIMIT` targets: bake takes more than in proportion for many. Files are in build order; what a
target stands on is a target of the same file, or a name that an earlier file pushes.
https://docs.docker.com/build/bake/reference/
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from generator import cross, matrix
from generator.dockerfile import CONTEXT
from generator.names import canonical, os_name
from generator.rows import Catalogue
from state.model import Image, Platform

LIMIT = 250
DEVICE = "io.balena.device-type"
"""The label that makes a device's image of its class image."""
_OCI = "org.opencontainers.image"
_OTHER = re.compile(r"[^A-Za-z0-9_-]")
_PLAIN = ["type=provenance,disabled=true", "type=sbom,disabled=true"]
"""An attestation would turn each image into an index, on which nothing could be relabelled or put into an index."""


@dataclass(frozen=True, slots=True)
class Shard:
    """One bake file: ``number`` is its place in build order, ``after`` the numbers of those that must be pushed before.

    ``images`` maps the whole names to the targets that make them.
    """

    number: int
    images: Mapping[str, str]
    targets: Mapping[str, Mapping[str, Any]]
    after: tuple[int, ...]

    @property
    def name(self) -> str:
        """What its file is called."""
        return f"bake-{self.number:03}.json"

    def document(self) -> dict[str, Any]:
        """Return the file's content: JSON for bake."""
        return {"group": {"default": {"targets": list(self.targets)}}, "target": dict(self.targets)}


Tags = Callable[[Image], Sequence[str]]
"""Image → the whole names that its target writes."""


def shards(
    catalogue: Catalogue, images: Iterable[Image], host: str, tags: Tags, labels: Mapping[str, str]
) -> Iterator[Shard]:
    """Yield the bake files of *images* (each after what it stands on), in build order.

    :param host: the registry that names are written with, and that bases of other files come from; "" for Docker Hub
    :param labels: those of every image: ``org.opencontainers.image.revision``
    """
    made: dict[str, int] = {}
    prefix = f"{host}/" if host else ""
    for number, group in enumerate(_packed(images), 1):
        here = {canonical(catalogue, image): target_of(catalogue, image) for image in group}
        after: set[int] = set()
        targets = {}
        for image in group:
            needs = _needs(catalogue, image)
            after |= {made[name] for name in needs.values() if name in made and name not in here}
            bases = {
                key: (f"target:{here[name]}" if name in here else "", prefix + name) for key, name in needs.items()
            }
            names = [prefix + name for name in tags(image)]
            pins = cross.arguments(catalogue, image.arch) if _fetches_parts(image) else {}
            targets[target_of(catalogue, image)] = _target(image, bases, names, labels, pins)
        made |= dict.fromkeys(here, number)
        yield Shard(number, here, targets, tuple(sorted(after)))


def chosen(catalogue: Catalogue, wanted: Iterable[Image], *, dependants: bool) -> list[Image]:
    """Return *wanted* with all that it stands on, and if so asked with all that stands on it, in build order."""
    every = matrix.images(catalogue)
    by = {canonical(catalogue, image): image for image in every}
    names = set[str]()
    left = [canonical(catalogue, image) for image in wanted]
    while left:
        name = left.pop()
        if name in by and name not in names:
            names.add(name)
            left += _needs(catalogue, by[name]).values()
    below = {canonical(catalogue, image) for image in wanted} if dependants else set[str]()
    for name, image in by.items():
        if image.base in below:
            below.add(name)
    return [image for name, image in by.items() if name in names or name in below]


def target_of(catalogue: Catalogue, image: Image) -> str:
    """Return what the target of *image* is called: bake takes no dots and colons."""
    name = canonical(catalogue, image).removeprefix(f"{catalogue.family.namespace}/")
    return _OTHER.sub("-", name.replace(":", "_"))


def _packed(images: Iterable[Image]) -> Iterator[list[Image]]:
    """Put what stands on one cell together as far as a file holds it: first the OS images, then line by line of stacks."""

    def place(image: Image) -> tuple[str, str, str]:
        return image.arch.value, image.distro, image.distro_version

    cells: dict[tuple[str, str, str], list[Image]] = {}
    for image in images:
        cells.setdefault(place(image), []).append(image)
    held: list[Image] = []
    for cell in cells.values():
        for _, line in itertools.groupby(cell, key=lambda image: (image.stack, image.stack_line)):
            group = list(line)
            if held and len(held) + len(group) > LIMIT:
                yield held
                held = []
            held += group
            while len(held) > LIMIT:
                yield held[:LIMIT]
                held = held[LIMIT:]
    if held:
        yield held


def _needs(catalogue: Catalogue, image: Image) -> Mapping[str, str]:
    """Build argument → the image of ours that it names; upstreams' own bases are in the Dockerfiles, by digest."""
    if image.kind == "os-root" or _fetches_parts(image):
        return {"BASE": image.base} if image.base.startswith(f"{catalogue.family.namespace}/") else {}
    if image.stack is None or image.is_device:
        return {"BASE": image.base}
    if not _fetches(catalogue, image):
        return {"BASE": image.base}
    fetch = os_name(catalogue, image.arch.repo, image.distro, image.distro_version, "run")
    return {"BASE": image.base, "FETCH_BASE": fetch}


def _fetches_parts(image: Image) -> bool:
    """Whether it stands on upstream's image: then it has a stage for what cross-build-start needs, too."""
    return image.kind == "os-arch" and image.variant == "run"


def _fetches(catalogue: Catalogue, image: Image) -> bool:
    """Whether a stack's image is made of upstream's file, rather than of the distro's package."""
    stack = catalogue.stacks[image.stack or ""]
    release = catalogue.releases[stack.source, image.stack_line or ""]
    return release.artifact(Platform(image.arch, catalogue.distros[image.distro].libc)) is not None


def _target(
    image: Image,
    bases: Mapping[str, tuple[str, str]],
    names: Sequence[str],
    labels: Mapping[str, str],
    pins: Mapping[str, str],
) -> dict[str, Any]:
    """One target; *bases* maps build argument → target ("" if in another file) and whole name, *pins* to what else."""
    contexts = {name: target for target, name in bases.values() if target}
    told = {**labels, **({f"{_OCI}.base.name": image.base} if not image.is_device and "BASE" in bases else {})}
    plain: dict[str, Any] = {"context": CONTEXT, "platforms": [image.arch.oci], "tags": list(names), "attest": _PLAIN}
    if contexts:
        plain["contexts"] = contexts
    if image.is_device:
        # A device is its class image and a label: nothing is run, and every layer is the class's.
        base = bases["BASE"][1]
        return {**plain, "dockerfile-inline": f"FROM {base}\n", "labels": {**labels, DEVICE: image.hw}}
    arguments = {**{key: name for key, (_, name) in bases.items()}, **pins}
    return {
        **plain,
        "dockerfile": image.dockerfile.removeprefix(f"{CONTEXT}/"),
        **({"args": arguments} if arguments else {}),
        "labels": told,
    }
