"""Arguments that several commands have, with what a shell offers for them when TAB is pressed.

A shell is never told of an error: where there are no settings or no memory it offers nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from state.store import Store

_NEWEST = 30


def sources(_ctx: click.Context, _param: click.Parameter, begun: str) -> list[str]:
    """Offer the names of sources."""
    from sources import SOURCES

    return [name for name in SOURCES if name.startswith(begun)]


def pulls(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the open pull requests; of `pulls reopen` those that were closed."""
    closed = ctx.info_name == "reopen"
    return _numbers(ctx, begun, lambda store: {p.number: p.title for p in store.pulls("closed" if closed else "open")})


def builds(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the newest builds."""
    return _numbers(ctx, begun, lambda store: {b.id: f"{b.state} {b.name}" for b in store.builds.newest(_NEWEST)})


def events(ctx: click.Context, _param: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the newest events."""
    return _numbers(
        ctx, begun, lambda store: {e.id: f"{e.kind} {e.summary}" for e in reversed(store.events(limit=_NEWEST))}
    )


source_argument = click.argument("source", shell_complete=sources)
sources_argument = click.argument("sources", nargs=-1, metavar="[SOURCE]...", shell_complete=sources)
pull_argument = click.argument("number", type=int, shell_complete=pulls)
build_argument = click.argument("number", type=int, metavar="ID", shell_complete=builds)


def _numbers(ctx: click.Context, begun: str, read: Callable[[Store], Mapping[int, str]]) -> list[CompletionItem]:
    """Read what the memory has, where there is one: number → what is said beside it."""
    from state.errors import WatcherError
    from state.store import Store
    from watcher.config import load

    named = [each.params["config"] for each in (ctx, ctx.find_root()) if each.params.get("config")]
    with suppress(WatcherError):
        config = load(named[0] if named else None)
        if config.settings.state.database_url or (config.var / "watcher.db").is_file():
            with Store.open(config.database_url) as store:
                return [
                    CompletionItem(str(number), help=told)
                    for number, told in read(store).items()
                    if str(number).startswith(begun)
                ]
    return []
