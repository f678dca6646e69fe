"""The text of every Dockerfile, and of the files that Dockerfiles copy into images.

What differs between distros, classes and stacks lives in the catalogue and in the templates, not here.
Scripts and keys stand once, in folders that all Dockerfiles share: the build context is the folder
``balena-base-images`` (``.dockerignore`` keeps the Dockerfiles themselves out of it). So a new release touches no
script, and the text needs nothing that only BuildKit knows (here-documents, ``COPY --link``, ``--chmod``): the
classic builder and buildah make the same images.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from generator import cross
from generator.names import os_name
from generator.recorded import release_path
from generator.rows import MADE, Catalogue, DistroLine, Stack
from state.errors import CatalogueError
from state.model import Image, Platform

CONTEXT = "balena-base-images"
"""The build context of every Dockerfile, as a path in the images repository."""

_OWN_TEXT = ("os-root", "os-arch", "os-class", "stack-arch")
_TEMPLATES = Path(__file__).parent / "templates"
_HARMLESS = re.compile(r"[\w ./:@+~%,()=-]*", re.ASCII)
"""What the catalogue may put into a template: nothing that a shell or a Dockerfile obeys."""

_SHARED = {
    ".dockerignore": "dockerignore.j2",
    "scripts/balena-idle": "scripts/balena-idle",
    "scripts/balena-info": "scripts/balena-info",
    "scripts/cross-build-end": "scripts/cross-build-end",
    "scripts/cross-build-shell": "scripts/cross-build-shell",
    "scripts/cross-build-start": "scripts/cross-build-start",
    "scripts/entry.sh": "scripts/entry.sh",
    "scripts/apk/install_packages": "scripts/apk.j2",
    "scripts/apt/install_packages": "scripts/apt.j2",
    "scripts/dnf/install_packages": "scripts/dnf.j2",
}


def files(catalogue: Catalogue, images: Iterable[Image]) -> dict[str, str]:
    """Return path → text: the Dockerfile of each of the *images* that has one of its own, and the shared files.

    Devices have none, and a class's stack image shares its architecture's.
    :raises CatalogueError: the catalogue lacks what an image needs
    """
    texts = {**_shared(), **{f"{CONTEXT}/keys/{name}.asc": key for name, key in sorted(catalogue.keys.items())}}
    for image in images:
        if image.kind in _OWN_TEXT:
            texts[image.dockerfile] = render(catalogue, image)
    return texts


def render(catalogue: Catalogue, image: Image) -> str:
    """Return the text of the Dockerfile of *image*, of kind os-root, os-arch, os-class or stack-arch.

    :raises CatalogueError: the catalogue lacks what the image needs, or says what may not stand in a Dockerfile
    """
    distro = catalogue.distros[image.distro]
    line = next(line for line in distro.lines if line.codename == image.distro_version)
    name, facts = _facts(catalogue, image, line)
    template = _environment().get_template(name)
    return template.render(catalogue=catalogue, image=image, distro=distro, line=line, **facts)


def _facts(catalogue: Catalogue, image: Image, line: DistroLine) -> tuple[str, Mapping[str, Any]]:
    """Return the template of *image*, and what only its kind knows."""
    if image.stack is not None:
        stack = catalogue.stacks[image.stack]
        return f"stack/{stack.template}.j2", _stack(catalogue, image, stack)
    if image.kind == "os-root":
        return "os-root.j2", _root(catalogue, image)
    if image.kind == "os-class":
        row = catalogue.classes[image.hw]
        archive = catalogue.archives.get(row.archives.get(image.distro, ""))
        recorded = catalogue.os_lines.get((image.distro, image.distro_version))
        state = recorded.archives.get(archive.name) if archive and recorded else None
        return f"device/{row.layer}.j2", {"class": row, "archive": archive, "state": state}
    return "os-arch.j2", {
        "base": image.base if line.bases[image.arch] == MADE else line.bases[image.arch],
        "made": line.bases[image.arch] == MADE,
        "digest": line.digests.get(image.arch, ""),
        "cross_base": cross.stage_base(catalogue, image.arch),
        "emulation": cross.EMULATED.get(image.arch),
    }


def _root(catalogue: Catalogue, image: Image) -> Mapping[str, Any]:
    """Return what the template of a root file system knows: what it is made of, where, and with which key."""
    stage = cross.maker_base(catalogue, image.arch)
    if not stage:
        raise CatalogueError(
            "catalogue/distros.toml", f"distros.{image.distro}", f"no Debian here runs on {image.arch}"
        )
    key = f"/usr/share/keyrings/{image.distro}-archive.asc"
    return {"root": catalogue.distros[image.distro].rootfs, "stage_base": stage, "key": key}


def _stack(catalogue: Catalogue, image: Image, stack: Stack) -> Mapping[str, Any]:
    """Return what a stack's template knows: the file that it installs, None where that is the distro's package.

    ``version`` is the file's (the line where there is none), ``number`` and ``flavour`` are the line's two parts, and
    ``fetch_base`` is the image that the file is fetched in, the same for both variants: one download serves both.
    """
    distro, line = catalogue.distros[image.distro], image.stack_line or ""
    facts = {
        "stack": stack,
        "version": line,
        "number": line.removesuffix(f"-{stack.flavour(line)}"),
        "flavour": stack.flavour(line),
        "fetch_base": os_name(catalogue, image.arch.repo, image.distro, image.distro_version, "run"),
        "libraries": stack.needs(distro, image.distro_version),
        "artifact": None,
    }
    platform, path = Platform(image.arch, distro.libc), release_path(stack.source, line)
    release, served = catalogue.releases.get((stack.source, line)), stack.serving(platform)
    artifact = release.artifact(platform) if release else None
    if artifact is None and served is not None and served.packaged(image.distro_version, line):
        return facts
    if artifact is None:
        raise CatalogueError(path, "artifacts", f"none for {platform}")
    return {**facts, "artifact": artifact, "version": str(artifact.version), **_cut(artifact.url, stack, path)}


def _cut(url: str, stack: Stack, path: str) -> Mapping[str, str]:
    """Cut a URL in two: ``mirror`` may be another server's, ``path`` stays."""
    mirror = stack.extra.get("mirror") or url.rsplit("/", 2)[0]
    if not url.startswith(f"{mirror}/"):
        raise CatalogueError(path, "artifacts", f"{url} is not below {mirror}, the mirror of {stack.name}")
    return {"mirror": mirror, "path": url.removeprefix(f"{mirror}/")}


@lru_cache(maxsize=4096, typed=True)  # the same few hundred values stand in all Dockerfiles
def _harmless(value: object) -> str:
    """Refuse a value that could end a quotation or begin an instruction; every ``{{ }}`` passes here."""
    text = str(value)
    if not _HARMLESS.fullmatch(text):
        raise CatalogueError("catalogue", "text", f"{text[:80]!r} may not stand in a Dockerfile")
    return text


@cache
def _shared() -> Mapping[str, str]:
    """Path → text of the files that are the same for all images; a script's own braces mean nothing to Jinja."""
    return {
        f"{CONTEXT}/{path}": _environment().get_template(name).render()
        if name.endswith(".j2")
        else (_TEMPLATES / name).read_text("utf-8")
        for path, name in _SHARED.items()
    }


@cache
def _environment() -> Environment:
    """Make the environment of the templates, which keeps them compiled."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  (a Dockerfile has no HTML to escape: finalize refuses instead)
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,  # a dozen templates, each included two thousand times: kept without an order of their use
    )
