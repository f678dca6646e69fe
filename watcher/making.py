"""One image of the queue: made or found, brought into its repository, dated; or failed, with when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from time import monotonic

from builder.oci import labels_of
from builder.publish import Tagged
from builder.workshop import Made, Order, failed_step
from state.errors import BuildError, WatcherError
from state.model import Build
from state.store.contents import Content
from watcher import dating, trust
from watcher.app import App
from watcher.dating import Gate
from watcher.drawings import INPUTS, Drawings
from watcher.fitting import fit
from watcher.works import Works

DELAYS = (0, 0, 1, 2, 4, 8, 16, 32)
"""Hours before the first try, the second …: what fails for a passing reason is tried for two and a half days."""

ENOUGH = 3
"""Failures in a row after which an image whose own instruction fails is left to people, and after which any is told."""

_TOLD = 4000
"""Characters of an error that are kept; the log has all."""


async def make(
    app: App, works: Works, gate: Gate, drawings: Drawings, build: Build, digests: Mapping[str, str]
) -> tuple[Build, Sequence[Tagged]]:
    """Make *build* and give it its dated names; *digests* are those of what it stands on, by name.

    :raises BuildError: it cannot be built, or is no good
    :raises RegistryError: the registry refused
    """
    begun = monotonic()
    if build.kind == "relabel":
        manifest, fresh = await dating.relabel(works, gate, build, digests[build.base])
        await trust.relabelled(app, works.registry, build, manifest, digests[build.base])
        made = replace(build, cached=not fresh, packages=_known(app, digests[build.base]))
    else:
        order = fit(app, drawings, drawings.order(build, works.registry.host, digests, works.logs / build.log))
        where, digest = await _find(works, build, order) or (works.staging, "")
        engine = ""  # of what is there already nobody knows it, but a statement that is there, too, and stays
        if not digest:
            works.logs.mkdir(parents=True, exist_ok=True)
            staged = await works.maker.make(replace(order, minutes=works.minutes))
            begun = monotonic() - staged.seconds  # not since it was ordered: a farm's orders wait for their turn
            digest, engine = staged.digest, staged.engine
            made = replace(build, inputs=order.inputs, cached=False, packages=_remember(app, order, staged))
        else:
            made = replace(build, inputs=order.inputs, cached=True, log="", packages=_known(app, digest))
        manifest = await dating.place(works, gate, build, digest, where)
        await trust.built(app, works.registry, drawings.catalogue, build, order, manifest, where, engine)
    dated, tags = await dating.date(app, works, gate, drawings, made, manifest)
    now = app.now()
    seconds = monotonic() - begun
    done = replace(
        dated,
        state="pushed",
        finished_at=now,
        seconds=seconds,
        failures=0,
        next_try=None,
        step="",
        error="",
        size=sum(layer.size for layer in manifest.layers),
    )
    return done, tags


def _remember(app: App, order: Order, made: Made) -> str:
    """Keep what is installed in an image, and return what the list is known by, "" if it was not read.

    Of an image of a distro also by its line: a fix of something in it is a reason to build anew.
    """
    image, contents = order.image, app.store.builds.contents
    if not made.packages:
        return ""
    if image.stack is None:
        have = [Content(p.name, p.source or p.name, p.source_version or p.version) for p in made.packages]
        contents.save(image.distro, image.distro_version, image.dockerfile, have)
    return contents.keep({package.name: package.version for package in made.packages})


def _known(app: App, digest: str) -> str:
    """Return by what the list of the packages of an image is known, which was made before; "" if there is none."""
    return app.store.builds.contents.listings([digest]).get(digest, "")


async def _find(works: Works, build: Build, order: Order) -> tuple[str, str] | None:
    """Find an image of just these inputs in the registry: staged, or under its name; repository and digest."""
    registry = works.registry
    if digest := await registry.digest(works.staging, order.inputs):
        return works.staging, digest
    repository, tag = dating.split(build.name)
    manifest = await registry.manifest(repository, tag)
    if manifest is None or manifest.is_index:
        return None
    labels = labels_of(await registry.blob(repository, manifest.config.digest))
    return (repository, manifest.digest) if labels.get(INPUTS) == order.inputs else None


def failed(app: App, build: Build, error: WatcherError) -> Build:
    """Return the row of a build that failed: when it is tried again, or that it is left to people.

    What an instruction of the image's own (or its trial) does three times in a row it does a fourth time.
    """
    step = failed_step(error) if isinstance(error, BuildError) else ""
    failures = build.failures + 1
    stopped = failures >= (ENOUGH if step else len(DELAYS))
    wait = None if stopped else app.now() + timedelta(hours=DELAYS[failures])
    text = str(error)
    told = text if len(text) <= _TOLD else f"{text[: _TOLD // 2]}\n…\n{text[-_TOLD // 2 :]}"
    return replace(
        build, state="failed", failures=failures, next_try=wait, step=step, error=told, finished_at=app.now()
    )
