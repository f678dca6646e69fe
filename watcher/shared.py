"""What a change does to images whose Dockerfile stays as it is: a file that they copy changed, or which names they have."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from generator import matrix, tags
from generator.dockerfile import CONTEXT
from generator.names import canonical
from generator.rows import Catalogue
from state.model import Build, Image
from watcher.app import App
from watcher.drawings import copied as is_copied

_DOCKERFILE = "/Dockerfile"
_MADE = ("waiting", "running", "failed", "blocked")


async def copied(app: App, commit: str, changed: Collection[str]) -> Mapping[str, str]:
    """Return Dockerfile → why it makes another image, for those that copy one of the *changed* files (paths)."""
    inside = f"{CONTEXT}/"
    files = sorted(p.removeprefix(inside) for p in changed if p.startswith(inside) and not p.endswith(_DOCKERFILE))
    if not files:
        return {}
    paths = [path for path in await app.repository.tree(commit, inside) if path.endswith(_DOCKERFILE)]
    found: dict[str, str] = {}
    for path, body in (await app.repository.read(commit, paths)).items():
        text = body.decode()
        if first := next((file for file in files if is_copied(file, text)), ""):
            found[path] = f"{first} changed"
    return found


def renamed(was: Catalogue, now: Catalogue) -> list[Image]:
    """Return the images that have other moving names than before, and the same name of their own."""
    if was == now:
        return []
    before, after = tags.Names(was), tags.Names(now)
    old = {canonical(was, image): image for image in _concerned(was, was, now)}
    return [
        image
        for image in _concerned(now, was, now)
        if (then := old.get(canonical(now, image))) and set(after.tags(image)) - set(before.tags(then))
    ]


def _concerned(catalogue: Catalogue, was: Catalogue, now: Catalogue) -> list[Image]:
    """The images that a change of the catalogue's rows can give other names: most changes are of one stack."""
    images = matrix.images(catalogue)
    if replace(was, stacks={}, releases={}, ended={}) != replace(now, stacks={}, releases={}, ended={}):
        return list(images)
    released = {key[0] for key in {*was.releases, *now.releases} if was.releases.get(key) != now.releases.get(key)}
    stacks = {n for n, row in now.stacks.items() if row != was.stacks.get(n) or row.source in released}
    return [image for image in images if image.stack in stacks]


async def rows(app: App, plan: int, commit: str, pull: int) -> list[Build]:
    """Return what is to be named anew: images that a merged change leaves as they are, as made of that plan.

    Where such an image is still to be made, it gets its names when it is.
    """
    was = await app.images.catalogue((await app.repository.parents(commit))[0])
    now = await app.images.catalogue(commit)
    images = {canonical(now, image): image for image in renamed(was, now)}
    queued = {build.place for build in app.store.builds.open() if build.state in _MADE}
    return [
        replace(made, id=0, plan=plan, pull=pull, commit=commit, state="pushed", cached=True, reason="other names")
        for name, made in app.store.builds.made(images).items()
        if made.place not in queued and made.place == (images[name].dockerfile, images[name].hw)
    ]
