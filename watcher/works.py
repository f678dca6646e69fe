"""What building needs beside the bundle: the registry, something that makes images, and limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from builder.registry import Registry, RegistrySettings
from builder.workshop import Maker, Workshop, trial
from state.errors import SettingsError
from watcher.config import Configured
from watcher.engines import engine

FOLDER = "builds"
"""Below the folder of the memory: logs of builds, by name."""


@dataclass(frozen=True, slots=True)
class Works:
    """A registry, and what makes images: this machine's workshop, or many machines.

    ``staging`` is the repository, below the family's namespace, in which images wait for their names. ``jobs`` builds
    and ``relabels`` of devices go on at once. ``logs`` is a folder.
    """

    registry: Registry
    maker: Maker
    staging: str
    logs: Path
    jobs: int = 2
    relabels: int = 16
    adopted: frozenset[str] = field(default_factory=frozenset)


def registry_of(config: Configured) -> Registry:
    """Return the client of ``[registry]``; SettingsError where none is set."""
    own = config.settings.registry
    if not own.url:
        raise SettingsError(f"{config.file}: [registry] url: builds need a registry to push to")
    password = config.secret(own.password, own.password_file)
    login = (lambda: (own.user, password)) if own.user and password is not None else None
    return Registry(RegistrySettings(own.host, plain=own.plain, writes_per_minute=own.writes_per_minute), login)


@asynccontextmanager
async def opened(config: Configured, namespace: str) -> AsyncIterator[Works]:
    """Open what the settings name; *namespace* is the family's."""
    own, registry = config.settings.builds, registry_of(config)
    staging, logs = f"{namespace}/{config.settings.registry.staging}", config.var / FOLDER
    try:
        chosen = await engine(config)
        yield Works(
            registry=registry,
            maker=Workshop(chosen, registry, staging, config.var / "scratch", trial(chosen) if own.smoke else None),
            staging=staging,
            logs=logs,
            jobs=own.jobs,
            relabels=own.relabels,
            adopted=frozenset(config.settings.publish.adopt),
        )
    finally:
        await registry.aclose()
