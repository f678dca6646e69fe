"""An image's way into the registry: staged by digest, then its names, each written only where it must be.

A dated name is written once. What a registry says it has is what counts.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from builder.oci import Descriptor, Layout, Manifest, labels_of, platform_of, relabelled
from builder.registry import Registry
from state.errors import ForeignRepository, RegistryError

Action = Literal["written", "kept", "refused"]

ATTACHED = re.compile(r"sha256-[0-9a-f]{64}(\.[a-z]+)?")
"""Tags under which documents and signatures are attached to images: names of nothing else."""

_MANY = 100
"""Builds of one image in one day that find a free date suffix."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """What became of one name: ``ref`` is whole, with the registry; ``before`` the digest that it led to, or ""."""

    ref: str
    digest: str
    action: Action
    before: str = ""


async def push(registry: Registry, repository: str, layout: Layout, config: bytes | None = None) -> Manifest:
    """Push an engine's layout by digest, no name yet, and return the manifest as it is there.

    :param config: stands in for the layout's own configuration (labels that only the build knows)
    """
    manifest = layout.manifest()
    body = layout.config() if config is None else config
    for layer in manifest.layers:
        await registry.upload(repository, layer, layout.blob(layer.digest))
    if config is not None:
        manifest = manifest.with_config(config)
    await registry.upload(repository, manifest.config, body)
    await registry.put(repository, manifest.digest, manifest)
    return manifest


async def copy(registry: Registry, manifest: Manifest, source: str, target: str) -> None:
    """Let *target* have an image of *source*: blobs are mounted, not moved; nothing where it is there already."""
    if source == target or await registry.digest(target, manifest.digest):
        return
    for blob in (*manifest.layers, manifest.config):
        await _mounted(registry, blob, source, target)
    await registry.put(target, manifest.digest, manifest)


async def relabel(
    registry: Registry, source: str, digest: str, target: str, labels: Mapping[str, str]
) -> tuple[Manifest, bool]:
    """Make *target*'s image of *source*'s with labels added; return it, and whether it had to be written.

    Only its configuration is new: no layer is pulled or pushed, and the digest follows from the class and the labels.
    """
    manifest = await registry.manifest(source, digest)
    if manifest is None:
        raise RegistryError(registry.host, f"{source}@{digest}", "is not there to be relabelled")
    config = relabelled(await registry.blob(source, manifest.config.digest), labels)
    made = manifest.with_config(config)
    if await registry.digest(target, made.digest) == made.digest:
        return made, False
    for layer in manifest.layers:
        await _mounted(registry, layer, source, target)
    await registry.upload(target, made.config, config, fresh=True)
    await registry.put(target, made.digest, made)
    return made, True


async def _mounted(registry: Registry, blob: Descriptor, source: str, target: str) -> None:
    if not await registry.mount(target, blob.digest, source):
        if blob.size > 1 << 24:
            raise RegistryError(registry.host, f"{target} {blob.digest}", f"would not mount a layer of {source}")
        await registry.upload(target, blob, await registry.blob(source, blob.digest))


async def name(registry: Registry, repository: str, tag: str, manifest: Manifest, *, once: bool) -> Tagged:
    """Let a tag lead to *manifest*; one that is written *once* and leads elsewhere already is refused."""
    before = await registry.digest(repository, tag)
    return await lead(registry, repository, tag, manifest, before, once=once)


async def lead(
    registry: Registry, repository: str, tag: str, manifest: Manifest, before: str | None, *, once: bool
) -> Tagged:
    """Do as :func:`name` where it is known that the tag leads to *before* (None: nowhere).

    What the registry answers to the write tells where the tag leads then; where it says nothing, it is asked.
    """
    ref = f"{registry.host}/{repository}:{tag}"
    if before == manifest.digest:
        return Tagged(ref, manifest.digest, "kept", before)
    if before and once:
        return Tagged(ref, manifest.digest, "refused", before)
    there = await registry.put(repository, tag, manifest) or await registry.digest(repository, tag)
    if there != manifest.digest:
        raise RegistryError(registry.host, f"{repository}:{tag}", f"was written and leads to {there} all the same")
    return Tagged(ref, manifest.digest, "written", before or "")


async def free(registry: Registry, wanted: Callable[[int], Mapping[str, str]]) -> tuple[int, Mapping[str, str | None]]:
    """Return the first number under which all dated names are free, or lead where they should already.

    :param wanted: number → whole name → digest; for 0, 1, 2 … in turn
    :return: the number, and where each name of it leads now
    """
    for number in range(_MANY):
        names = wanted(number)
        held = {name: await registry.digest(*_split(name)) for name in names}
        if all(held[name] in (None, digest) for name, digest in names.items()):
            return number, held
    raise RegistryError(registry.host, next(iter(wanted(0))), f"has {_MANY} builds of one day")


def _split(name: str) -> tuple[str, str]:
    repository, _, tag = name.partition(":")
    return repository, tag


async def ours(registry: Registry, repository: str, label: tuple[str, str], adopted: Collection[str] = ()) -> None:
    """Refuse a repository with tags of which none carries our *label* (key, value), unless it is *adopted*.

    :raises ForeignRepository: it belongs to somebody else, as far as can be seen
    """
    if repository in adopted:
        return
    # What is attached to images is told before their first name: it says nothing of whose a repository is.
    tags = [tag for tag in await registry.tags(repository) if not ATTACHED.fullmatch(tag)]
    for tag in _telling(tags):
        manifest = await registry.manifest(repository, tag)
        if manifest is None:
            continue
        if manifest.is_index and manifest.members:
            manifest = await registry.manifest(repository, manifest.members[0].digest)
        if manifest and labels_of(await registry.blob(repository, manifest.config.digest)).get(label[0]) == label[1]:
            return
    if tags:
        problem = "has tags, and none that was looked at carries our label: [publish] adopt = […] takes it over"
        raise ForeignRepository(registry.host, repository, problem)


def _telling(tags: Sequence[str]) -> list[str]:
    """A few tags that tell whose a repository is: the usual ones first."""
    first = [tag for tag in ("latest", "run", "build") if tag in tags]
    return list(dict.fromkeys([*first, *tags[:2], *tags[-2:]]))


async def checked_platform(registry: Registry, repository: str, manifest: Manifest, platform: str) -> None:
    """Refuse an image whose configuration states another platform than its name: ARM images once said amd64."""
    stated = platform_of(await registry.blob(repository, manifest.config.digest))
    if stated != platform:
        raise RegistryError(
            registry.host, f"{repository}@{manifest.digest}", f"states {stated}, and must be {platform}"
        )
