"""``[images]``, ``[forge]`` and ``[state]``: where the images repository is, who keeps its pull requests, where the memory is."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from watcher.source_settings import Table
from watcher.web_settings import is_loopback


def encrypted(url: str) -> str:
    """Return *url*; ValueError if a login would travel to another machine by plain http."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise ValueError("plain http is for loopback only: a login travels with it")
    return url


class Images(Table):
    """``[images]``: where the images repository is: a path, or with ``[forge] kind = "github"`` a URL without a login."""

    remote: str = "images.git"
    branch: str = "main"

    @field_validator("remote")
    @classmethod
    def _no_login(cls, remote: str) -> str:
        """A password in it would be shown with it wherever the repository is named; ``ssh://git@HOST`` has none."""
        if "://" in remote:
            parts = urlsplit(remote)
            if parts.password is not None or ("@" in parts.netloc and parts.scheme != "ssh"):
                raise ValueError("a URL carries no user or password here: [github] token_file signs in")
            encrypted(remote)
        return remote


class Forge(Table):
    """``[forge]``: who keeps the pull requests."""

    kind: Literal["embedded", "github"] = "embedded"


class State(Table):
    """``[state]``: where the memory is, and how long (seconds) to wait for another watcher that acts on it."""

    folder: Path = Path("var")
    database_url: str = Field(default="", repr=False)
    patience: float = Field(default=600.0, ge=0)

    @field_validator("database_url")
    @classmethod
    def _readable(cls, url: str) -> str:
        """SQLAlchemy can read it; what is wrong is not quoted, since it may hold a password."""
        if url:
            from sqlalchemy.engine import make_url  # noqa: PLC0415  (only where it is set: importing it takes time)
            from sqlalchemy.exc import ArgumentError  # noqa: PLC0415  (see above)

            try:
                make_url(url)
            except (ArgumentError, ValueError):
                raise ValueError("write sqlite:////PATH or postgresql+psycopg://USER@HOST:PORT/NAME") from None
        return url
