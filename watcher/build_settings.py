"""``[builds]``, ``[registry]`` and ``[publish]``: what makes images, where they go, and how far the watcher goes by itself."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator

from watcher.place_settings import encrypted
from watcher.source_settings import Mode, Span, Table
from watcher.web_settings import is_loopback

_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?")
_HUB = 300
"""Docker Hub's limit: https://docs.docker.com/docker-hub/usage/."""
_WORD = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


class Builds(Table):
    """``[builds]``: what makes images.

    ``engine`` is ``buildah`` or ``buildx``, "" the first that is ready. ``jobs`` builds run at once on this machine,
    and ``relabels`` of devices. An image is tried out before it gets a name unless ``smoke`` is off; ``smoke_package`` is
    what ``install_packages`` has to install then, "" where no archive of packages can be reached.

    Of buildx: ``builder`` is its name there ("" for the current one), ``builders`` names others by platform, ``network``
    is that of ``RUN``. Of buildah: ``isolation`` in its own words, and ``storage``, the folder of its images.
    """

    engine: Literal["", "buildah", "buildx"] = ""
    builder: str = ""
    builders: dict[str, str] = Field(default_factory=dict)
    network: Literal["", "host"] = ""
    isolation: Literal["chroot", "oci", "rootless"] = "chroot"
    storage: str = ""
    jobs: int = Field(default=2, ge=1)
    relabels: int = Field(default=16, ge=1)
    smoke: bool = True
    smoke_package: str = Field(default="ed", pattern=r"[a-z0-9][a-z0-9.+-]*|")
    minutes: int = Field(default=120, ge=1)


class RegistryTable(Table):
    """``[registry]``: where images go.

    ``url`` is ``https://registry.example:5000``; http is taken on loopback only. The login is ``user`` and what stands
    in ``password_file`` (or WATCHER_REGISTRY__PASSWORD). ``writes_per_minute`` is what it allows: Docker Hub's 300 unless
    set; a registry on loopback has no limit unless set.
    ``staging`` is the repository below the family's namespace in which an image waits for its names. ``ca_file`` is a PEM
    file of the authority that signed its certificate, where that is none of the public ones; buildah is given it, too,
    a builder of buildx has to be told by its own settings.
    """

    url: str = ""
    user: str = ""
    password_file: Path | None = None
    password: SecretStr | None = None
    writes_per_minute: int | None = Field(default=None, ge=1)
    staging: str = "staging"
    ca_file: Path | None = None

    @field_validator("url")
    @classmethod
    def _host(cls, url: str) -> str:
        """A login never travels by plain http, but on this machine."""
        bare = url.rstrip("/")
        if bare and not _URL.fullmatch(bare):
            raise ValueError("write https://HOST or https://HOST:PORT, without a login")
        return encrypted(bare)

    @field_validator("staging")
    @classmethod
    def _repository(cls, staging: str) -> str:
        """It is the last part of a repository's name."""
        if not _WORD.fullmatch(staging):
            raise ValueError(f"{staging!r} is no name of a repository")
        return staging

    @property
    def host(self) -> str:
        """Name with the port, as references write it."""
        return self.url.partition("://")[2]

    @property
    def pace(self) -> int:
        """Writes a minute, 0 where nothing limits them."""
        if self.writes_per_minute is not None:
            return self.writes_per_minute
        return 0 if is_loopback(urlsplit(self.url).hostname or "") else _HUB

    @property
    def plain(self) -> bool:
        """Whether it is asked by http."""
        return self.url.startswith("http://")


class Publish(Table):
    """``[publish]``: how far the watcher goes by itself.

    ``soak`` is how long an image has its dated name before moving names lead to it. ``adopt`` names repositories
    (``balenalib/amd64-debian``) that have tags of somebody else's and may be written to all the same.
    """

    mode: Mode = "propose"
    soak: Span = timedelta()
    adopt: tuple[str, ...] = ()
