"""``watcher adopt REPOSITORY…``: take an existing registry's tags into the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from watcher.cli.options import config_option, json_option, print_json, run

if TYPE_CHECKING:
    from watcher.adopt import Adopted
    from watcher.app import App

_DOCKER_HUB = "registry-1.docker.io"
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@click.command("adopt")
@click.argument("repositories", nargs=-1, required=True, metavar="REPOSITORY...")
@json_option
@config_option
def command(repositories: tuple[str, ...], *, as_json: bool) -> None:
    """Note the tags and digests that REPOSITORY has in its registry, without a rebuild.

    REPOSITORY is [HOST/]NAMESPACE/NAME; without a host it is in the registry of [registry] in watcher.toml, or if none
    is named there on Docker Hub. The login of [registry] is used for that registry and no other, its ca_file for all. From then on `watcher resolve` knows the digests,
    dated names are never written again, and the repository may be written to.
    """

    async def job(app: App) -> list[Adopted]:
        from watcher.progress import Count

        counted, done = Count(app.progress, "repositories read", len(repositories)), []
        for reference in repositories:
            done.append(await _adopt(app, reference))
            counted.add()
        return done

    found = run(job)
    if as_json:
        print_json([each.document() for each in found])
        return
    for each in found:
        click.echo(f"{each.repository}: {each.tags:,} tags ({each.dated:,} dated), {each.digests:,} digests")


async def _adopt(app: App, reference: str) -> Adopted:
    from builder.registry import Registry, RegistrySettings
    from watcher.adopt import adopt
    from watcher.registry_access import authority, opened

    named, repository = _parts(reference)
    own = app.config.settings.registry
    if own.url and named in ("", own.host):
        async with opened(app.config) as registry:
            return await adopt(app, registry, repository)
    host = named or _DOCKER_HUB
    plain = host.rpartition(":")[0] in _LOOPBACK or host in _LOOPBACK
    registry = Registry(RegistrySettings(host, plain=plain, authority=authority(app.config)))
    try:
        return await adopt(app, registry, repository)
    finally:
        await registry.aclose()


def _parts(reference: str) -> tuple[str, str]:
    """``registry.example:5000/balenalib/x`` → host and repository; a first part without dot or colon is no host."""
    first, _, rest = reference.partition("/")
    if not rest:
        raise click.UsageError(f"{reference}: a repository is NAMESPACE/NAME")
    is_host = "." in first or ":" in first or first == "localhost"
    if not is_host:
        return "", reference
    return (_DOCKER_HUB if first == "docker.io" else first), rest
