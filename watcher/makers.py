"""What makes images, as the settings say: this machine's workshop, or the workers of a farm."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from builder.engines.discover import Found
from builder.registry import Registry
from builder.workshop import Made, Maker, Order, Workshop, trial
from state.errors import SettingsError
from watcher.config import Configured
from watcher.engines import engine

if TYPE_CHECKING:
    from builder.farm_security import Certificates


@asynccontextmanager
async def maker(config: Configured, registry: Registry, namespace: str) -> AsyncIterator[tuple[Maker, int]]:
    """Open what makes the images of a family, with how many are to be asked of it at once.

    :raises BuildError: no engine is ready here, or the farm's scheduler cannot be reached
    :raises SettingsError: Dask is not installed, or the farm is beyond this machine and there are no certificates
    """
    own = config.settings.farm
    if not own.scheduler:
        yield workshop(config, await engine(config), registry, namespace), config.settings.builds.jobs
        return
    try:
        from builder.farm import connected  # noqa: PLC0415  (an extra, and slow to import)
    except ImportError as error:
        raise SettingsError(f"[farm] scheduler: Dask is not installed: {NEEDED}") from error
    async with connected(own.scheduler, certificates(config)) as farm:
        yield farm, own.jobs


NEEDED = "pip install 'base-image-watcher[farm]'"


def workshop(config: Configured, chosen: Found, registry: Registry, namespace: str) -> Workshop:
    """Return the workshop of this machine for one family."""
    staging = f"{namespace}/{config.settings.registry.staging}"
    tried = trial(chosen.engine) if config.settings.builds.smoke else None
    return Workshop(chosen.engine, registry, staging, config.var / "scratch", tried, chosen.version)


def certificates(config: Configured) -> Certificates | None:
    """Return the certificates of ``[farm]``, None where there are none; SettingsError where some are missing."""
    from builder.farm_security import Certificates  # noqa: PLC0415  (see maker)

    own = config.settings.farm
    files = (own.tls_authority_file, own.tls_certificate_file, own.tls_key_file)
    paths = [config.path(file) for file in files if file is not None]
    if not paths:
        return None
    if len(paths) < len(files):
        raise SettingsError("[farm]: tls_authority_file, tls_certificate_file and tls_key_file belong together")
    return Certificates(*paths)


class Shop:
    """A worker's maker: this machine's workshop, for whichever family an order is of. It writes to staging alone."""

    def __init__(self, config: Configured, chosen: Found, registry: Registry) -> None:
        """Build with the engine *chosen*."""
        self._config, self._engine, self._registry = config, chosen, registry

    async def make(self, order: Order) -> Made:
        """Make one image and stage it."""
        return await workshop(self._config, self._engine, self._registry, order.name.partition("/")[0]).make(order)
