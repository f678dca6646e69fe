"""What building needs beside the bundle: the registry, something that makes images, and limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from builder.registry import Registry
from builder.workshop import Maker
from watcher import registry_access
from watcher.config import Configured
from watcher.makers import maker

FOLDER = "builds"
"""Below the folder of the memory: logs of builds, by name."""


@dataclass(frozen=True, slots=True)
class Works:
    """A registry, and what makes images: this machine's workshop, or many machines.

    ``staging`` is the repository, below the family's namespace, in which images wait for their names. ``jobs`` builds
    (with ``apart``, of each platform: a farm's have workers of their own) and ``relabels`` of devices go on at once; a build ends ``minutes`` after it was begun. ``logs`` is a folder.
    """

    registry: Registry
    maker: Maker
    staging: str
    logs: Path
    jobs: int = 2
    apart: bool = False
    relabels: int = 16
    minutes: float = 120
    adopted: frozenset[str] = field(default_factory=frozenset)


@asynccontextmanager
async def opened(config: Configured, namespace: str) -> AsyncIterator[Works]:
    """Open what the settings name; *namespace* is the family's.

    :raises SettingsError: no registry is named
    :raises BuildError: no engine is ready, or the farm's scheduler cannot be reached
    """
    async with registry_access.opened(config) as registry, maker(config, registry, namespace) as (made_by, jobs):
        yield Works(
            registry=registry,
            maker=made_by,
            staging=f"{namespace}/{config.settings.registry.staging}",
            logs=config.var / FOLDER,
            jobs=jobs,
            apart=bool(config.settings.farm.scheduler),
            relabels=config.settings.builds.relabels,
            minutes=config.settings.builds.minutes,
            adopted=frozenset(config.settings.publish.adopt),
        )
