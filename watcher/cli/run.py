"""``watcher run``: the daemon."""

from __future__ import annotations

import asyncio
import logging
import os
import signal

import click

from watcher.cli.options import config_option

_ROLES = ("poll", "publish", "web")


@click.command("run")
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice(_ROLES),
    help="Only this part; may be given again. Each needs its own secrets only. Without: all.",
)
@config_option
@click.pass_context
def command(ctx: click.Context, roles: tuple[str, ...]) -> None:
    """Watch upstream and the forge until told to stop, and serve pages, webhooks and metrics.

    poll asks upstream, opens pull requests and hears decisions; publish builds and tags what was merged; web listens on
    [web] listen. SIGTERM ends it after the step that is running, SIGHUP reads the settings again.
    """
    # Nothing has been read yet that could be read again, and unheard it would end us: loading the daemon takes a second.
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    from typing import cast

    from watcher.daemon import Daemon
    from watcher.daemon_settings import Role

    async def whole() -> None:
        daemon = Daemon(ctx.obj, cast("tuple[Role, ...]", roles or _ROLES))
        await daemon.run()
        if not daemon.clean:
            logging.shutdown()
            os._exit(0)  # a thread is still at it, and asyncio would wait for that: the grace period is over

    asyncio.run(whole())
