"""OCI images as documents: manifests, configurations and indexes, written so that equal content is equal bytes.

https://github.com/opencontainers/image-spec/blob/main/manifest.md
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from state.errors import RegistryError

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
ACCEPTED = (MANIFEST, DOCKER_MANIFEST, INDEX, DOCKER_LIST)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def digest_of(body: bytes) -> str:
    """Return ``sha256:…`` of *body*."""
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def written(document: object) -> bytes:
    """Return *document* as JSON, the same bytes for equal documents."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What points at a blob or a manifest: media type, digest, size in bytes; in an index also the platform.

    ``platform`` is what an index says: ``{"os": "linux", "architecture": "arm", "variant": "v7"}``.
    """

    media_type: str
    digest: str
    size: int
    platform: Mapping[str, str] | None = None

    @classmethod
    def read(cls, value: object) -> Self:
        """Read one out of a document; RegistryError if it is none."""
        if not isinstance(value, dict):
            raise RegistryError("", "", f"not a descriptor: {str(value)[:80]}")
        media, digest, size = value.get("mediaType"), value.get("digest"), value.get("size")
        if not isinstance(media, str) or not isinstance(digest, str) or type(size) is not int:
            raise RegistryError("", "", f"not a descriptor: {str(value)[:80]}")
        if not _DIGEST.fullmatch(digest) or size < 0:
            raise RegistryError("", digest[:80], "a descriptor's digest or size is malformed")
        return cls(media, digest, size, value.get("platform"))

    def document(self) -> dict[str, Any]:
        """Return it as a document has it."""
        plain: dict[str, Any] = {"mediaType": self.media_type, "digest": self.digest, "size": self.size}
        return plain if self.platform is None else {**plain, "platform": dict(self.platform)}


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was received or is to be sent: its digest is that of exactly these bytes."""

    media_type: str
    body: bytes

    @property
    def digest(self) -> str:
        """``sha256:…`` of the body."""
        return digest_of(self.body)

    @property
    def descriptor(self) -> Descriptor:
        """What points at it."""
        return Descriptor(self.media_type, self.digest, len(self.body))

    @property
    def is_index(self) -> bool:
        """Whether it lists manifests rather than layers."""
        return self.media_type in (INDEX, DOCKER_LIST)

    def _parsed(self) -> dict[str, Any]:
        try:
            document = json.loads(self.body)
        except ValueError as error:
            raise RegistryError("", self.digest, f"its manifest is not JSON: {error}") from None
        if not isinstance(document, dict):
            raise RegistryError("", self.digest, "its manifest is not an object")
        return document

    @property
    def config(self) -> Descriptor:
        """The image's configuration; RegistryError for an index."""
        return Descriptor.read(self._parsed().get("config"))

    @property
    def layers(self) -> list[Descriptor]:
        """The layers, lowest first."""
        return [Descriptor.read(layer) for layer in self._parsed().get("layers", [])]

    @property
    def members(self) -> list[Descriptor]:
        """The manifests of an index."""
        return [Descriptor.read(member) for member in self._parsed().get("manifests", [])]

    def with_config(self, config: bytes) -> Manifest:
        """Return the manifest of the same layers with another configuration."""
        document = self._parsed()
        document["config"] = replace(self.config, digest=digest_of(config), size=len(config)).document()
        return Manifest(self.media_type, written(document))


def platform_of(config: bytes) -> str:
    """Return the OCI platform that a configuration states: ``linux/arm/v7``."""
    document = json.loads(config)
    parts = [document.get("os", ""), document.get("architecture", ""), document.get("variant", "")]
    return "/".join(part for part in parts if part)


def labels_of(config: bytes) -> dict[str, str]:
    """Return the labels of a configuration."""
    inner = json.loads(config).get("config") or {}
    return dict(inner.get("Labels") or {})


def relabelled(config: bytes, labels: Mapping[str, str], platform: str = "") -> bytes:
    """Return the configuration with *labels* added and, if given, its platform stated exactly.

    Nothing else changes, no time and no history: the same class image and labels give the same bytes for ever.
    """
    document = json.loads(config)
    inner = document.setdefault("config", {})
    inner["Labels"] = {**(inner.get("Labels") or {}), **labels}
    if platform:
        document |= platform_fields(platform)
    return written(document)


def platform_fields(platform: str) -> dict[str, str]:
    """``linux/arm/v7`` → the fields of a configuration, or of an index's entry."""
    return dict(zip(("os", "architecture", "variant"), platform.split("/"), strict=False))


def index(members: Sequence[tuple[str, Descriptor]]) -> Manifest:
    """Make the index over manifests, each with its platform (``linux/arm/v7``), in the order given."""
    rows = [replace(d, platform=platform_fields(platform)).document() for platform, d in members]
    return Manifest(INDEX, written({"schemaVersion": 2, "mediaType": INDEX, "manifests": rows}))


@dataclass(frozen=True, slots=True)
class Layout:
    """An OCI image layout on disk, as an engine leaves it: exactly one image in it.

    https://github.com/opencontainers/image-spec/blob/main/image-layout.md
    """

    folder: Path

    def blob(self, digest: str) -> Path:
        """Return where the blob of *digest* is."""
        if not _DIGEST.fullmatch(digest):
            raise RegistryError("", digest[:80], "is not a digest")
        return self.folder / "blobs" / "sha256" / digest.removeprefix("sha256:")

    def manifest(self) -> Manifest:
        """Return the image's manifest; RegistryError if there is not exactly one plain image."""
        try:
            listed = json.loads((self.folder / "index.json").read_bytes()).get("manifests", [])
        except (OSError, ValueError) as error:
            raise RegistryError("", str(self.folder), f"is not an OCI layout: {error}") from None
        found = [Descriptor.read(entry) for entry in listed]
        if len(found) != 1:
            raise RegistryError("", str(self.folder), f"holds {len(found)} manifests, not one")
        manifest = Manifest(found[0].media_type, self.blob(found[0].digest).read_bytes())
        if manifest.is_index:
            raise RegistryError("", str(self.folder), "holds an index: images are plain manifests")
        return manifest

    def state(self, platform: str) -> None:
        """Let the image's configuration state *platform* exactly; nothing else of it changes."""
        manifest, config = self.manifest(), relabelled(self.config(), {}, platform)
        changed = manifest.with_config(config)
        self.blob(digest_of(config)).write_bytes(config)
        self.blob(changed.digest).write_bytes(changed.body)
        rows = [changed.descriptor.document()]
        (self.folder / "index.json").write_bytes(written({"schemaVersion": 2, "mediaType": INDEX, "manifests": rows}))

    def config(self) -> bytes:
        """Return the image's configuration."""
        return self.blob(self.manifest().config.digest).read_bytes()
