"""The upstreams that are watched, one module each: reading the world, never changing it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sources import alpine, debian, dotnet, fedora, go, node, openjdk, python, raspbian, rust, ubuntu
from sources.source import DistroSource, Source

SOURCES: Mapping[str, Source] = {
    "node": node,
    "python": python,
    "go": go,
    "openjdk": openjdk,
    "dotnet": dotnet,
    "debian": debian,
    "ubuntu": ubuntu,
    "alpine": alpine,
    "fedora": fedora,
    "raspbian": raspbian,
    "rust": rust,
}
"""Every upstream by its name. The type checker holds each module against the Protocol on this line."""

DISTROS: Mapping[str, DistroSource] = {
    "debian": debian,
    "ubuntu": ubuntu,
    "alpine": alpine,
    "fedora": fedora,
    "raspbian": raspbian,
}
"""Those of them that are distros, by the name that they have in the catalogue too."""

VOLATILE: Mapping[str, re.Pattern[bytes]] = {"openjdk": openjdk.COUNTS}
"""What is new in a source's documents at every poll and says nothing of its releases."""
