"""What a recorded history is: moments, what an upstream served at each, and what a watcher should make of that.

Where the bytes of files were not recorded, :mod:`tests.upstream.stand_in` has what is served.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from state.model import Platform
from tests.upstream.layout import write
from tests.upstream.signer import Signer

FIRST = datetime(2024, 10, 31, 12, tzinfo=UTC)
"""Where histories begin."""
Key = tuple[str, str]
"""A line and a version of it."""


class History(Protocol):
    """One source's history."""

    @property
    def name(self) -> str:
        """The source."""
        ...

    @property
    def told(self) -> str:
        """What of it is as it was recorded, and what was put together."""
        ...

    @property
    def hosts(self) -> Sequence[str]:
        """The hosts that it is served from."""
        ...

    @property
    def bad(self) -> Mapping[str, str]:
        """Versions that must not be proposed, with the reason."""
        ...

    @property
    def digests(self) -> Mapping[str, str]:
        """URL → what the file's digest should be, as it is served in the end."""
        ...

    def moments(self) -> Sequence[datetime]:
        """When the watcher polls."""
        ...

    def serve(self, moment: datetime, served: Path, keys: Path) -> None:
        """Let upstream serve, below *served*, what was there; *keys* is the watcher's folder of further keys."""
        ...

    def images(self, moment: datetime) -> Mapping[str, str]:
        """Return the base images that the registries had then: name and tag → digest."""
        ...

    def respun(self, moment: datetime) -> Collection[str]:
        """Return the URLs of the files that upstream had made again by then, under names that were there before."""
        ...

    def due(self, moment: datetime, require: Collection[Platform]) -> Mapping[Key, Collection[Platform]]:
        """Return the newest version of each supported line that has its *require* → the platforms that are there."""
        ...


class Steady:
    """For what makes no file again."""

    def respun(self, moment: datetime) -> Collection[str]:
        """None."""
        del moment
        return ()


class NoImages(Steady):
    """For what is no distro: it has no base images."""

    def images(self, moment: datetime) -> Mapping[str, str]:
        """None."""
        return {}


def image(reference: str, version: str) -> tuple[str, str]:
    """Return a tag of a registry and a digest that changes with *version*."""
    return reference, f"sha256:{hashlib.sha256(f'{reference} {version}'.encode()).hexdigest()}"


def put(served: Path, url: str, content: bytes | str) -> None:
    """Serve *content* as *url*."""
    write(served / url.removeprefix("https://"), content.encode() if isinstance(content, str) else content)


def signer(keys: Path) -> Signer:
    """Return somebody whose signatures the watcher accepts: upstream's own cannot be had for bodies of ours."""
    made = Signer(datetime(2015, 1, 1, tzinfo=UTC))
    made.install(keys)
    return made
