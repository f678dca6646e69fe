"""Attaches documents to an image in its registry, as OCI 1.1 referrers: nothing about the image itself changes.

https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pushing-manifests-with-subject
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from builder.oci import INDEX, MANIFEST, Descriptor, Manifest, digest_of, written
from builder.registry import Registry

EMPTY = "application/vnd.oci.empty.v1+json"
_NOTHING = b"{}"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document about an image. ``media_type`` is its own and the artifact's; ``annotations`` tell more of its kind."""

    media_type: str
    body: bytes
    annotations: Mapping[str, str]


def manifest(subject: Manifest, attachment: Attachment) -> Manifest:
    """Return the manifest that attaches a document to *subject*: the same bytes for the same document."""
    blob = Descriptor(attachment.media_type, digest_of(attachment.body), len(attachment.body))
    empty = Descriptor(EMPTY, digest_of(_NOTHING), len(_NOTHING))
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "artifactType": attachment.media_type,
        "config": empty.document(),
        "layers": [blob.document()],
        "subject": subject.descriptor.document(),
        "annotations": dict(attachment.annotations),
    }
    return Manifest(MANIFEST, written(document))


async def attach(registry: Registry, repository: str, subject: Manifest, attachment: Attachment) -> str | None:
    """Attach a document, unless one of its kind is there; return the digest of what was written, or None.

    Where the registry has no referrers API (docker-registry 2.8) the fallback tag is kept as the standard says.
    """
    there = await registry.referrers(repository, subject.digest)
    fallback = there is None
    if there is None:
        there = await registry.manifest(repository, fallback_tag(subject.digest))
    known = _entries(there)
    if any(_same_kind(entry, attachment) for entry in known):
        return None
    made = manifest(subject, attachment)
    await registry.upload(repository, Descriptor(EMPTY, digest_of(_NOTHING), len(_NOTHING)), _NOTHING)
    (document,) = made.layers
    await registry.upload(repository, document, attachment.body, fresh=True)
    await registry.put(repository, made.digest, made)
    if fallback:
        entry = made.descriptor.document()
        entry |= {"artifactType": attachment.media_type, "annotations": dict(attachment.annotations)}
        listed = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [*known, entry]}
        await registry.put(repository, fallback_tag(subject.digest), Manifest(INDEX, written(listed)))
    return made.digest


async def attached(registry: Registry, repository: str, digest: str) -> list[dict[str, Any]]:
    """Return the descriptors of what is attached to the image at *digest*, from the API or the fallback tag."""
    there = await registry.referrers(repository, digest)
    if there is None:
        there = await registry.manifest(repository, fallback_tag(digest))
    return _entries(there)


async def copy(registry: Registry, subject: Manifest, source: str, target: str) -> int:
    """Attach in *target* what is attached to the same image in *source*; return how many were written."""
    count = 0
    for entry in await attached(registry, source, subject.digest):
        there = await registry.manifest(source, str(entry.get("digest", "")))
        if there is None or len(there.layers) != 1:
            continue
        (layer,) = there.layers
        annotations = {str(key): str(value) for key, value in (entry.get("annotations") or {}).items()}
        attachment = Attachment(layer.media_type, await registry.blob(source, layer.digest), annotations)
        count += await attach(registry, target, subject, attachment) is not None
    return count


def fallback_tag(digest: str) -> str:
    """``sha256:ab…`` → ``sha256-ab…``."""
    return digest.replace(":", "-")


def _entries(index: Manifest | None) -> list[dict[str, Any]]:
    rows = json.loads(index.body).get("manifests") if index else None
    return [row for row in rows or [] if isinstance(row, dict)]


def _same_kind(entry: Mapping[str, Any], attachment: Attachment) -> bool:
    annotations = entry.get("annotations") or {}
    same = all(annotations.get(key) == value for key, value in attachment.annotations.items() if "created" not in key)
    return entry.get("artifactType") == attachment.media_type and same
