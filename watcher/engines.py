"""The engines that the settings allow, and the one that is taken."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from builder.engines.buildah import Buildah
from builder.engines.buildx import Buildx
from builder.engines.discover import Found, choose
from builder.engines.engine import Engine
from watcher.config import Configured, base_environment

_THEIRS = ("BUILDAH_", "BUILDKIT_", "BUILDX_", "CONTAINERS_", "DOCKER_", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR")
"""What engines read of the environment: where their daemon and their logins are."""

_BUILDX = (("docker", "buildx"), ("docker-buildx",), ("buildx",))
_HUB = {"registry-1.docker.io": "docker.io"}
"""What references call a registry whose host is another."""


def engines(config: Configured) -> Sequence[Engine]:
    """Return every engine that may be asked, the preferred one first."""
    own, registry, environment = config.settings.builds, config.settings.registry, base_environment(*_THEIRS)
    buildx = [
        Buildx(environment, program=program, builder=own.builder, builders=own.builders, network=own.network)
        for program in _BUILDX
    ]
    buildah = Buildah(
        environment,
        storage=config.path(own.storage) if own.storage else None,
        isolation=own.isolation,
        plain=registry.plain,
        registries=_registries(config),
        authority=config.path(registry.ca_file) if registry.ca_file else None,
    )
    return [*buildx, buildah]


async def engine(config: Configured) -> Found:
    """Return the engine of ``[builds] engine``, or the first that is ready, with its version; BuildError if there is none."""
    return await choose(engines(config), config.settings.builds.engine)


def _registries(config: Configured) -> str:
    """What ``[mirrors]`` says of registries, as containers-registries.conf(5): base images come from there as well."""
    rows = []
    for prefix, target in config.settings.mirrors.items():
        host, there = urlsplit(prefix).netloc, urlsplit(target)
        if urlsplit(prefix).path in ("", "/"):
            place = f"{there.netloc}{there.path}"
            insecure = "true" if there.scheme == "http" else "false"
            rows.append(
                f'[[registry]]\nprefix = "{_HUB.get(host, host)}"\nlocation = "{place}"\ninsecure = {insecure}\n'
            )
    return "\n".join(rows)
