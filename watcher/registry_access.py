"""Opens the registry that images go to, as the settings name it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from builder.registry import Registry, RegistrySettings
from state.errors import SettingsError
from watcher.config import Configured


@asynccontextmanager
async def opened(config: Configured, attempts: int = 6) -> AsyncIterator[Registry]:
    """Open the registry of the settings, and close it again; what fails is tried *attempts* times.

    :raises SettingsError: none is named, or there is a user without a password
    """
    own = config.settings.registry
    if not own.url:
        raise SettingsError("[registry] url: the registry that images go to is needed: https://registry.example")
    password = config.secret(own.password, own.password_file)
    if own.user and password is None:
        raise SettingsError("[registry] user: give password_file (or WATCHER_REGISTRY__PASSWORD) with it")
    settings = RegistrySettings(own.host, own.plain, own.pace, attempts, authority=authority(config))
    registry = Registry(settings, (lambda: (own.user, password or "")) if own.user else None)
    try:
        yield registry
    finally:
        await registry.aclose()


def authority(config: Configured) -> Path | None:
    """Return the file of certificates that are trusted beside the public ones, None if none is named."""
    own = config.settings.registry
    return config.path(own.ca_file) if own.ca_file else None
