"""What an image is made of: its Dockerfile and context at a commit, its bases by digest, and the digest of all that."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path

from builder.workshop import Order
from generator import cross, matrix
from generator.dockerfile import CONTEXT
from generator.names import canonical
from generator.rows import Catalogue
from generator.tags import Names
from state.errors import CatalogueError
from state.model import Arch, Build, Image
from watcher.app import App

FAMILY = "base-image-watcher.family"
"""The label of every image of ours: the namespace of the family."""

INPUTS = "base-image-watcher.inputs"
"""The label with the digest of all that went into an image."""

DEVICE = "io.balena.device-type"
_OCI = "org.opencontainers.image"
REVISION, CREATED, BASE_DIGEST = f"{_OCI}.revision", f"{_OCI}.created", f"{_OCI}.base.digest"
"""Labels: the commit that an image is made from, the day of its plan, the digest of what it stands on."""
_ARGUMENT = re.compile(r"^ARG (BASE|FETCH_BASE)=(\S+)$", re.MULTILINE)


@dataclass
class Drawings:
    """The images repository at one commit, as far as builds need it."""

    commit: str
    catalogue: Catalogue
    shared: Mapping[str, bytes]
    dockerfiles: dict[str, str] = field(default_factory=dict)

    @classmethod
    async def at(cls, app: App, commit: str) -> Drawings:
        """Read what all Dockerfiles share."""
        paths = [p for p in await app.repository.tree(commit, f"{CONTEXT}/") if not p.endswith("/Dockerfile")]
        found = await app.repository.read(commit, paths)
        shared = {path.removeprefix(f"{CONTEXT}/"): body for path, body in found.items()}
        return cls(commit, await app.images.catalogue(commit), shared)

    async def read(self, app: App, paths: Collection[str]) -> None:
        """Read these Dockerfiles, if they were not yet."""
        wanted = sorted(set(paths) - self.dockerfiles.keys())
        found = await app.repository.read(self.commit, wanted) if wanted else {}
        self.dockerfiles |= {path: body.decode() for path, body in found.items()}

    @cached_property
    def sums(self) -> Mapping[str, str]:
        """Path in the context → digest, of the files that Dockerfiles share."""
        return {path: hashlib.sha256(body).hexdigest() for path, body in self.shared.items()}

    @cached_property
    def names(self) -> Names:
        """The names of every image."""
        return Names(self.catalogue)

    @cached_property
    def images(self) -> Mapping[tuple[str, str], Image]:
        """Every image by its place: Dockerfile and hardware."""
        return {(image.dockerfile, image.hw): image for image in matrix.images(self.catalogue)}

    @cached_property
    def by_name(self) -> Mapping[str, Image]:
        """Every image by its canonical name."""
        return {canonical(self.catalogue, image): image for image in self.images.values()}

    @property
    def namespace(self) -> str:
        """Of the family."""
        return self.catalogue.family.namespace

    def arguments(self, dockerfile: str) -> dict[str, str]:
        """Return the arguments of a Dockerfile that name images, as it has them; CatalogueError if there is no such file."""
        text = self.dockerfiles.get(dockerfile)
        if text is None:
            raise CatalogueError(dockerfile, "", f"is not there at {self.commit[:12]}")
        return dict(_ARGUMENT.findall(text))

    def bases(self, build: Build) -> Mapping[str, str]:
        """Return build argument → the image of ours that it names; for a device its class alone."""
        if build.kind == "relabel":
            return {"BASE": build.base}
        found = self.arguments(build.dockerfile)
        if "BASE" in found:
            found["BASE"] = build.base  # of a class's stack: the Dockerfile's default is the architecture's
        return {key: name for key, name in found.items() if name.startswith(f"{self.namespace}/")}

    def inputs(self, build: Build, digests: Mapping[str, str]) -> str:
        """Return the digest of all that decides what *build* is; *digests* are those of its :meth:`bases`, by name.

        Not of the commit, the day or the registry: what they change is told by labels, and makes no other image.
        """
        text = self.dockerfiles[build.dockerfile]
        context = {path: digest for path, digest in self.sums.items() if copied(path, text)}
        bases = {key: f"{name}@{digests[name]}" for key, name in self.bases(build).items()}
        told = {"dockerfile": text, "context": context, "platform": build.platform, "bases": bases}
        told |= {"cross": pins} if (pins := self._pins(build)) else {}  # so that other images stay what they are
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()

    def _pins(self, build: Build) -> dict[str, str]:
        """The arguments that say which upstream one of its stages stands on: of this commit, and not in the Dockerfile."""
        if "\nARG CROSS_BASE=" not in self.dockerfiles[build.dockerfile]:
            return {}
        return cross.arguments(self.catalogue, next(arch for arch in Arch if arch.oci == build.platform))

    def order(self, build: Build, host: str, digests: Mapping[str, str], log: Path) -> Order:
        """Return all that it takes to make *build*, its bases by digest in the registry at *host*."""
        bases = self.bases(build)
        path = build.dockerfile.removeprefix(f"{CONTEXT}/")
        inputs, made = self.inputs(build, digests), epoch(build.day)
        labels = {
            FAMILY: self.namespace,
            INPUTS: inputs,
            REVISION: build.commit,
            CREATED: datetime.fromtimestamp(made, UTC).isoformat().replace("+00:00", "Z"),
        }
        if "BASE" in bases:
            labels |= based_on(build.base, digests[build.base])
        return Order(
            name=build.name,
            image=self.images[build.place],
            platform=build.platform,
            inputs=inputs,
            dockerfile=path,
            files={**self.shared, path: self.dockerfiles[build.dockerfile].encode()},
            arguments={
                **{key: f"{host}/{name.partition(':')[0]}@{digests[name]}" for key, name in bases.items()},
                **self._pins(build),
            },
            labels=labels,
            epoch=made,
            log=log,
        )


def based_on(name: str, digest: str) -> dict[str, str]:
    """Return the labels that say what an image stands on."""
    return {f"{_OCI}.base.name": name, BASE_DIGEST: digest}


def epoch(day: date) -> int:
    """Return the seconds since 1970 at which *day* began in UTC."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def copied(path: str, text: str) -> bool:
    """Whether a Dockerfile copies that file of the context, alone or with its folder; all obey .dockerignore."""
    return path == ".dockerignore" or path in text or f"{path.rpartition('/')[0]}/ " in text
