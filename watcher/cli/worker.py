"""``watcher worker``: build for a farm on this machine."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, settings

if TYPE_CHECKING:
    from watcher.config import Configured


def _platform(_ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no platform of the family."""
    from state.model import Arch

    known = [arch.oci for arch in Arch]
    for value in values:
        if value not in known:
            raise click.BadParameter(f"{value!r} is none of {', '.join(known)}", param=param)
    return values


@click.command("worker")
@click.option("--scheduler", default="", metavar="ADDRESS", help="tls://HOST:PORT; else that of [farm].")
@click.option(
    "--platform", "platforms", multiple=True, required=True, callback=_platform, metavar="OS/ARCH",
    help="What this machine builds, linux/arm64; may be given more than once.",
)  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), help="Builds at once; else [builds] jobs.")
@config_option
def command(scheduler: str, platforms: tuple[str, ...], jobs: int | None) -> None:
    """Build what the farm's scheduler (`dask scheduler`) hands out, until it is ended.

    The settings need [registry] with a login that may write to the staging repository, and no more; [builds] says with
    which engine; [farm] holds the certificates, which are needed beyond this machine.
    """
    config = settings()
    address = scheduler or config.settings.farm.scheduler
    if not address:
        raise click.UsageError("say which scheduler: --scheduler, or [farm] scheduler")
    count = jobs or config.settings.builds.jobs
    asyncio.run(_serve(config, address, dict.fromkeys(platforms, count)))


async def _serve(config: Configured, scheduler: str, platforms: dict[str, int]) -> None:
    from state.errors import BuildError, SettingsError
    from watcher.engines import engine
    from watcher.makers import NEEDED, Shop, certificates
    from watcher.registry_access import opened

    try:
        from builder.farm import worker_of
    except ImportError as error:
        raise SettingsError(f"Dask is not installed: {NEEDED}") from error
    async with opened(config) as registry:
        chosen = await engine(config)
        shop = Shop(config, chosen, registry)
        made = worker_of(scheduler, shop, config.var / "worker", platforms, certificates(config))
        try:
            worker = await asyncio.wait_for(made, 30)
        except (OSError, TimeoutError) as error:
            raise BuildError(f"the scheduler {scheduler} cannot be reached: {error}") from error
        click.echo(f"builds {', '.join(platforms)} with {chosen.engine.name} for {scheduler}", err=True)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, lambda: asyncio.ensure_future(worker.close(reason="ended")))
        await worker.finished()
