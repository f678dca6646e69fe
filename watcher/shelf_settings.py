"""``[retention]`` and ``[trust]``: how long images stay in the registry, and what is told of each there."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from pydantic import SecretStr

from watcher.source_settings import Span, Table


class Retention(Table):
    """``[retention]``: what `watcher prune` deletes, and every six hours the daemon's role ``publish``.

    ``staging`` is how long an image stays in the staging repository after its names were written (of an image that no
    build asks for any more: after the day of its plan); ``dated`` how long a dated name stays that nothing else leads to,
    for ever where it is not set; ``logs`` how long the log of a build stays, unless it is of the last try of one that fails.
    """

    staging: Span = timedelta(days=7)
    dated: Span | None = None
    logs: Span = timedelta(days=28)


class Trust(Table):
    """``[trust]``: documents that are attached to each image, once it is built and tried out.

    ``sbom`` (SPDX) and ``provenance`` (SLSA) are OCI referrers; ``devices`` attaches to each device's image, too, which
    class image it is: some five requests more for each. With ``signing_key_file`` (an ECDSA P-256 key as PEM, or
    WATCHER_TRUST__SIGNING_KEY) images and statements are signed as cosign verifies.
    """

    sbom: bool = True
    provenance: bool = True
    devices: bool = True
    signing_key_file: Path | None = None
    signing_key: SecretStr | None = None
