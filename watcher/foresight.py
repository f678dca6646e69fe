"""What a plan comes to before it is made: which images are builds, which are there already, which are relabelled."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from generator import builds as planned
from generator.builds import Kind
from generator.names import canonical
from state.model import Build, Image
from watcher.app import App
from watcher.drawings import Drawings

_SOME = 500


@dataclass(slots=True)
class Foresight:
    """Walks images in build order. ``digests`` are those that images have or will have, as far as that is known."""

    app: App
    drawings: Drawings
    made: Mapping[str, Build]
    digests: dict[str, str] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)

    @classmethod
    async def of(cls, app: App, commit: str, images: Sequence[Image]) -> Foresight:
        """Read what these images are made of, and what we made of all names that they have or stand on."""
        drawings = await Drawings.at(app, commit)
        await drawings.read(app, {image.dockerfile for image in images if not image.is_device})
        return cls.on(app, drawings, images)

    @classmethod
    def on(cls, app: App, drawings: Drawings, images: Sequence[Image]) -> Foresight:
        """Read what we made of all names that these images have or stand on; their Dockerfiles were read."""
        names = {canonical(drawings.catalogue, image) for image in images}
        made = app.store.builds.made({*names, *(image.base for image in images), *_fetched(drawings)})
        return cls(app, drawings, made)

    def kind(self, image: Image) -> Kind:
        """Say how *image* would be made; it has to come after what it stands on."""
        name = canonical(self.drawings.catalogue, image)
        build = _row(self.drawings, image, name)
        bases = self.drawings.bases(build).values()
        known = {base: digest for base in bases if (digest := self._digest(base))}
        there = self.made.get(name)
        if len(known) < len(set(bases)):
            self._anew(name, "")
            return planned.kind_of(image)
        if image.is_device:
            below = self.made.get(image.base)
            kept = there is not None and below is not None and image.base not in self.fresh and _after(there, below)
            return "cached" if kept else "relabel"
        found = self.app.store.builds.with_inputs(self.drawings.inputs(build, known))
        if found is None or there is None or there.digest != found.digest:
            self._anew(name, found.digest if found else "")
        return "cached" if found else "build"

    def _anew(self, name: str, digest: str) -> None:
        """Note that *name* will lead to another image, of that digest if it is known."""
        self.fresh.add(name)
        self.digests[name] = digest

    def _digest(self, name: str) -> str:
        """The digest of *name* once the plan is made; "" where it is to be built."""
        if name in self.digests:
            return self.digests[name]
        return self.made[name].digest if name in self.made else ""

    def outdated(self, image: Image) -> bool:
        """Whether another image than the one that we made would be made of it now; asked in build order.

        False where that cannot be said: we did not make it, or not what it stands on.
        """
        name = canonical(self.drawings.catalogue, image)
        known = {name, *self.drawings.bases(_row(self.drawings, image, name)).values()}
        return known <= self.made.keys() and not self.up_to_date(image)

    def up_to_date(self, image: Image) -> bool:
        """Whether *image* is in the registry under its name just as the catalogue has it."""
        return self.kind(image) == "cached" and canonical(self.drawings.catalogue, image) not in self.fresh


def _fetched(drawings: Drawings) -> set[str]:
    """What stages stand on."""
    found: set[str] = set()
    for path in drawings.dockerfiles:
        found |= set(drawings.arguments(path).values())
    return found


def _row(drawings: Drawings, image: Image, name: str) -> Build:
    return Build(
        plan=0,
        commit=drawings.commit,
        name=name,
        kind=planned.kind_of(image),
        platform=image.arch.oci,
        hw=image.hw,
        dockerfile=image.dockerfile,
        base=image.base,
        day=date.min,
    )


def _after(device: Build, below: Build) -> bool:
    """Whether a device was made of its class as that is now."""
    return bool(device.finished_at and below.finished_at and device.finished_at >= below.finished_at)
