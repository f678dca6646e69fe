"""``[daemon]``, ``[web]`` and ``[log]``: how the daemon works, where it listens, and how it speaks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from watcher.oidc_settings import Oidc
from watcher.source_settings import Span, Table
from watcher.web_settings import Doors

_UPSTREAMS: Mapping[str, str] = {
    "nodejs/node": "node",
    "python/cpython": "python",
    "golang/go": "go",
    "dotnet/core": "dotnet",
    **{f"adoptium/temurin{number}-binaries": "openjdk" for number in (8, 11, 17, 21, 25)},
}
Role = Literal["poll", "publish", "web"]
"""What a process of the daemon does. ``poll``: upstream, pull requests, decisions. ``publish``: builds and tags.
``web``: pages, webhooks, metrics."""
ROLES: tuple[Role, ...] = ("poll", "publish", "web")
"""All of them: what a process does that was given none."""


class Daemon(Table):
    """``[daemon]``.

    ``grace_seconds`` is how long a stop waits for what is being done. ``look_every_seconds``: how often the forge is asked
    what maintainers did, where no webhook tells it. ``inbox_every_seconds``: how often what other processes wish or
    record is looked for. ``builds_every_seconds``: how often the queue of builds is looked at, where nothing tells of it.
    ``bases_every``: how often the registries of the base images are asked at least. ``forget_after``: how long webhooks
    and wishes that were carried out are kept. ``health_listen``: an address where a process of any role answers
    ``/healthz``, ``/readyz`` and ``/metrics`` to whoever can reach it; none without.
    """

    grace_seconds: float = Field(default=25.0, gt=0)
    look_every_seconds: float = Field(default=60.0, ge=1)
    inbox_every_seconds: float = Field(default=1.0, gt=0)
    builds_every_seconds: float = Field(default=10.0, gt=0)
    bases_every: Span = timedelta(hours=1)
    forget_after: Span = timedelta(days=30)
    health_listen: str | None = None

    @field_validator("health_listen")
    @classmethod
    def _address(cls, listen: str | None) -> str | None:
        """A host and a port, or nothing."""
        if listen:
            address(listen)
        return listen or None


class Web(Doors):
    """``[web]``: the address of the daemon's pages and webhooks. Who may read and act: see :class:`Doors`.

    ``ready_within``: ``/readyz`` fails where no source was polled well for longer. ``hook_secret`` is the bearer token of
    ``/hooks/poll/<source>``; without it that is refused. ``hook_limit``: bytes of a webhook's body. ``upstreams``: the
    source that is polled when GitHub tells of a release in a repository. ``oidc``: see :class:`watcher.oidc_settings.Oidc`.
    """

    ready_within: Span = timedelta(hours=6)
    hook_secret_file: Path | None = None
    hook_secret: SecretStr | None = None
    hook_limit: int = Field(default=25 * 2**20, gt=0)
    upstreams: Mapping[str, str] = _UPSTREAMS
    oidc: Oidc | None = None

    @field_validator("listen")
    @classmethod
    def _address(cls, listen: str) -> str:
        """A host and a port."""
        address(listen)
        return listen


class Log(Table):
    """``[log]``: lines for people (``console``), or one JSON document each (``json``), on standard error."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


def address(listen: str) -> tuple[str, int]:
    """Split ``127.0.0.1:8080`` or ``[::1]:8080``; port 0 takes a free one. ValueError for anything else."""
    host, colon, port = listen.rpartition(":")
    if not host or not colon or not port.isascii() or not port.isdigit() or int(port) >= 1 << 16:
        raise ValueError('write host and port: "127.0.0.1:8080", "[::1]:8080"')
    return host.removeprefix("[").removesuffix("]"), int(port)
