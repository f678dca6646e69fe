"""The upstreams that are watched, one module each: reading the world, never changing it."""

from __future__ import annotations

from collections.abc import Mapping

from sources import node
from sources.source import Source

SOURCES: Mapping[str, Source] = {"node": node}
"""Every upstream by its name. The type checker holds each module against the Protocol on this line."""
