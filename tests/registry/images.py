"""Small images on disk, in the layout that an engine leaves."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from builder.oci import MANIFEST, Descriptor, Layout, digest_of, platform_fields, written


def layout(
    folder: Path,
    platform: str = "linux/amd64",
    *,
    layers: tuple[bytes, ...] = (b"layer",),
    label: str = "",
    labels: Mapping[str, str] | None = None,
) -> Layout:
    """Write an image of *layers*, with a label ``test`` if given, and with *labels*."""
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)
    told = {**({"test": label} if label else {}), **(labels or {})}
    inner = {"config": {"Labels": told} if told else {}, "rootfs": {"type": "layers", "diff_ids": []}}
    config = _blob(blobs, "application/vnd.oci.image.config.v1+json", written(inner | platform_fields(platform)))
    rows = [_blob(blobs, "application/vnd.oci.image.layer.v1.tar", body).document() for body in layers]
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config.document(), "layers": rows}
    manifest = _blob(blobs, MANIFEST, written(document))
    (folder / "index.json").write_bytes(written({"schemaVersion": 2, "manifests": [manifest.document()]}))
    (folder / "oci-layout").write_text('{"imageLayoutVersion": "1.0.0"}', "utf-8")
    return Layout(folder)


def _blob(blobs: Path, media: str, body: bytes) -> Descriptor:
    digest = digest_of(body)
    (blobs / digest.removeprefix("sha256:")).write_bytes(body)
    return Descriptor(media, digest, len(body))
