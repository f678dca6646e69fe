"""What a stack's file became in the registry: one blob for all bases that it is put on, where the engine can do that.

BuildKit makes each ``COPY`` a layer of its own, whatever lies below; buildah makes one layer of all that a Dockerfile adds.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

_ACCEPT = "application/vnd.oci.image.manifest.v1+json"


@dataclass(frozen=True, slots=True)
class Shared:
    """How many layers two images have in common above their bases, their bytes, and the bytes of all above the first's base."""

    layers: int
    size: int
    above: int

    @property
    def told(self) -> str:
        """As a sentence."""
        mib = f"{self.size / 2**20:.1f} of {self.above / 2**20:.1f} MiB"
        return f"{self.layers} layers of {mib} are shared by two bases"


def shared(manifest: Callable[[str], Mapping[str, Any]], image: str, base: str, other: str) -> Shared:
    """Compare *image*, which stands on *base*, with *other*, which stands on another base; *manifest* asks the registry."""
    below = {layer["digest"] for layer in manifest(base)["layers"]}
    above = {layer["digest"]: layer["size"] for layer in manifest(image)["layers"] if layer["digest"] not in below}
    both = [above[layer["digest"]] for layer in manifest(other)["layers"] if layer["digest"] in above]
    return Shared(len(both), sum(both), sum(above.values()))


def asked(root: str, headers: Mapping[str, str]) -> Callable[[str], Mapping[str, Any]]:
    """Return what asks the registry at *root* (``http://host:port``) for the manifest of a name."""

    def manifest(name: str) -> Mapping[str, Any]:
        repository, _, tag = name.partition(":")
        url = f"{root}/v2/{repository}/manifests/{tag}"
        request = urllib.request.Request(url, headers={"Accept": _ACCEPT, **headers})
        with urllib.request.urlopen(request, timeout=30) as response:
            found: Mapping[str, Any] = json.load(response)
            return found

    return manifest
