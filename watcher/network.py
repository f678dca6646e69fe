"""The network of the sources, made of the settings alone: who only looks needs neither database nor repository."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import fields

import sources
from generator.checks import nearest
from sources.exchange import Connections, FeedSettings
from sources.feed import Feed
from sources.source import Proofs
from state.errors import SettingsError
from watcher.config import Configured


@asynccontextmanager
async def network(
    config: Configured, names: Iterable[str], proofs: Proofs | None = None
) -> AsyncIterator[dict[str, Feed]]:
    """Open the network of the sources *names*, and nothing else; they share its connections.

    Without *proofs* what signatures prove is forgotten when it closes.

    :raises SettingsError: as :func:`refuse_unknown_sources`
    """
    refuse_unknown_sources(config)
    settings = _limits(config)
    connections, keys = Connections(settings), config.var / "keys"
    try:
        yield {name: Feed(name, settings, keys / name, proofs=proofs, connections=connections) for name in names}
    finally:
        await connections.aclose()


def refuse_unknown_sources(config: Configured) -> None:
    """Refuse settings of a source that there is not (SettingsError): a slip there would mean "propose"."""
    named = {f"sources.{name}": name for name in config.settings.sources}
    web = config.settings.web
    if "upstreams" in web.model_fields_set:  # ours are right
        named |= {f"web.upstreams.{repository}": name for repository, name in web.upstreams.items()}
    for key, name in named.items():
        if name not in sources.SOURCES:
            hint = nearest(name, sources.SOURCES) or f"; there are: {', '.join(sources.SOURCES)}"
            raise SettingsError(f"{config.file}: {key}: there is no such source{hint}")


def _limits(config: Configured) -> FeedSettings:
    """How upstreams are asked."""
    known = {f.name for f in fields(FeedSettings)}
    values = {key: value for key, value in config.settings.feed.model_dump().items() if key in known}
    return FeedSettings(mirrors=config.settings.mirrors, **values)
