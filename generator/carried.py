"""What comes of an import: what was taken over from a tree of the original layout, and what was not, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from generator.names import joined
from state.model import Release


@dataclass(frozen=True, slots=True)
class Left:
    """Something that could not be carried over.

    ``where`` are the platforms or distro versions that it is said of (empty: all), ``path`` the first of the ``files``
    Dockerfiles.
    """

    what: str
    reason: str
    where: tuple[str, ...]
    path: str
    files: int

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Carried:
    """The outcome: ``releases`` by source and line, ``lines`` (distro and codename), ``devices`` by slug.

    ``read`` counts the Dockerfiles that were looked at, ``relabelled`` those of devices' stacks, which need none now.
    """

    releases: tuple[Release, ...]
    lines: tuple[tuple[str, str], ...]
    devices: tuple[str, ...]
    left: tuple[Left, ...]
    read: int
    relabelled: int

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {
            "releases": [
                {
                    "source": release.source,
                    "line": release.line,
                    "version": str(release.version),
                    "platforms": [str(artifact.platform) for artifact in release.artifacts],
                }
                for release in self.releases
            ],
            "distro_lines": [" ".join(line) for line in self.lines],
            "devices": list(self.devices),
            "not_carried": [left.document() for left in self.left],
            "read": self.read,
            "relabelled": self.relabelled,
        }


@dataclass(slots=True)
class Notes:
    """Collects what is left, one note for each thing and reason."""

    _kept: dict[tuple[str, str], tuple[list[str], dict[str, None]]] = field(default_factory=dict)

    def leave(self, path: str, what: str, reason: str, *where: str) -> None:
        """Note that *path* says something that is not carried over."""
        paths, places = self._kept.setdefault((what, reason), ([], {}))
        paths.append(path)
        if where:
            places[joined(*where)] = None

    def all(self) -> tuple[Left, ...]:
        """Return every note, those of most files first."""
        rows = [
            Left(what, reason, tuple(places), paths[0], len(set(paths)))
            for (what, reason), (paths, places) in self._kept.items()
        ]
        return tuple(sorted(rows, key=lambda left: (-left.files, left.what, left.reason)))
