"""What an engine is asked to do: build one image into an OCI layout, and run what it built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from builder.oci import Layout


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One image to build.

    ``context`` and ``dockerfile`` are paths on this machine, ``platform`` is OCI's (``linux/arm/v7``), ``epoch`` the
    seconds since 1970 that every file it makes gets as its time. The layout is written to ``output``, which is not
    there yet; all that the engine says goes to ``log``.
    """

    context: Path
    dockerfile: Path
    platform: str
    output: Path
    log: Path
    epoch: int
    arguments: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command in a container came to: its exit code, and all that it said."""

    code: int
    output: str


class Engine(Protocol):
    """One engine on this machine.

    :raises BuildError: it could not do it; the message quotes the step that failed
    :raises Unavailable: it cannot be reached
    """

    @property
    def name(self) -> str:
        """What the settings call it: ``buildah``."""
        ...

    async def ready(self) -> str:
        """Return its version, for ``watcher doctor``; BuildError says what is missing."""
        ...

    async def build(self, request: BuildRequest) -> Layout:
        """Build one image and return its layout: one plain manifest. :meth:`forget` ends what this begins."""
        ...

    async def run(
        self,
        layout: Layout,
        platform: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        seconds: float = 600.0,
    ) -> Ran:
        """Run *command* (the entry point is not put before it) in a new container of the image, then remove it."""
        ...

    async def forget(self, layout: Layout) -> None:
        """Remove what the engine keeps of an image that it built, for :meth:`run`, beside the layout."""
        ...
