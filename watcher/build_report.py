"""What a run of builds did, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from builder.publish import Tagged
from state.errors import RegistryError
from state.model import Build
from watcher.indexing import Indexed


@dataclass(slots=True)
class Report:
    """The images that were built, were there already, were relabelled, failed or wait for one that failed; and names.

    ``stopped`` says why the run went no further; ``trouble`` which repositories did not get their moving names;
    ``waiting`` are images that could not be tried, since no worker of the farm builds their platform; ``sizes`` maps the names of images whose size moved by more than a tenth to how.
    """

    built: list[Build] = field(default_factory=list)
    cached: list[Build] = field(default_factory=list)
    relabelled: list[Build] = field(default_factory=list)
    broken: list[Build] = field(default_factory=list)
    blocked: list[Build] = field(default_factory=list)
    waiting: list[Build] = field(default_factory=list)
    tags: list[Tagged] = field(default_factory=list)
    indexes: list[Indexed] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)
    sizes: dict[str, str] = field(default_factory=dict)
    stopped: str = ""

    def made(self, build: Build, tags: Sequence[Tagged]) -> None:
        """Note an image that is in the registry now, and its dated names."""
        kind = self.cached if build.cached else self.relabelled if build.kind == "relabel" else self.built
        kind.append(build)
        self.tags += tags

    def failed(self, build: Build) -> None:
        """Note an image that failed, and is not tried again in this run."""
        self.broken.append(build)

    def unnamed(self, repository: str, error: RegistryError) -> None:
        """Note a repository whose moving names could not be written: the next run does it."""
        self.trouble.append(f"{repository}: {error}")

    @property
    def names(self) -> list[Tagged]:
        """Every name that was looked at, those of indexes last."""
        return [*self.tags, *(tag for each in self.indexes for tag in each.tags)]

    @property
    def settled(self) -> int:
        """How many images there is nothing more to be done for in this run."""
        made = len(self.built) + len(self.cached) + len(self.relabelled)
        return made + len(self.broken) + len(self.blocked) + len(self.waiting)

    @property
    def exit_code(self) -> int:
        """0 done or nothing to do, 1 something failed."""
        return 1 if self.broken or self.waiting or self.trouble or self.stopped else 0

    def document(self) -> dict[str, Any]:
        """Return what programs may rely on, as JSON."""
        return {
            "built": [_made(build) for build in self.built],
            "cached": [_made(build) for build in self.cached],
            "relabelled": [_made(build) for build in self.relabelled],
            "failed": [{"name": b.name, "step": b.step, "error": b.error, "log": b.log or None} for b in self.broken],
            "blocked": [{"name": build.name, "reason": build.error} for build in self.blocked],
            "waiting": [{"name": build.name, "reason": build.error} for build in self.waiting],
            "tags": [{"ref": tag.ref, "digest": tag.digest, "action": tag.action} for tag in self.names],
            "indexes": [each.document() for each in self.indexes],
            "sizes": [{"name": name, "note": note} for name, note in self.sizes.items()],
        }


def _made(build: Build) -> dict[str, Any]:
    return {"name": build.name, "digest": build.digest, "seconds": round(build.seconds, 3)}
