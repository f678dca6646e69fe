"""One image to make: what is asked, and what became of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

BuildState = Literal["waiting", "running", "pushed", "tagged", "failed", "blocked", "superseded"]
"""``pushed``: in the registry under its dated name; ``tagged``: moving names lead to it (or to a newer one) too.

``waiting`` may have a ``next_try``, too: it could not even be tried, and ``error`` says why.
``failed`` is tried again at ``next_try``, or never by itself where that is None. ``blocked``: what it stands on
failed. ``superseded``: a later plan makes the same place anew.
"""

BuildKind = Literal["build", "relabel"]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|[0-9a-f]{64}")

OPEN: tuple[BuildState, ...] = ("waiting", "running", "pushed", "failed", "blocked")
"""The states in which something is left to do."""


@dataclass(frozen=True, slots=True)
class Build:
    """One image of a plan.

    ``plan`` is the number of the event that planned it, ``pull`` the pull request's or 0, ``commit`` the state of the
    images repository that it is made from; ``source`` is what the plan is about. ``name`` and ``base`` are whole names;
    ``dockerfile`` and ``hw`` are the place in the tree. ``day`` is the date of its dated names; ``dated`` what those
    really end in (``20261122.1``), "" until that is known. ``inputs`` is the digest of all that goes into it, ``digest``
    that of the image; both "" until known. ``failures`` are those in a row. ``size`` is the bytes of its layers
    as they are transferred, 0 until known. ``packages`` names the list of what is installed in it, "" where that is not
    known; images with the same list have the same packages. ``log`` is a path below the folder of
    builds. ``step`` is the instruction that failed.
    """

    plan: int
    commit: str
    name: str
    kind: BuildKind
    platform: str
    hw: str
    dockerfile: str
    base: str
    day: date
    id: int = 0
    pull: int = 0
    source: str = ""
    reason: str = ""
    state: BuildState = "waiting"
    dated: str = ""
    inputs: str = ""
    digest: str = ""
    packages: str = ""
    cached: bool = False
    attempts: int = 0
    failures: int = 0
    next_try: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    seconds: float = 0.0
    size: int = 0
    log: str = ""
    step: str = ""
    error: str = ""

    def document(self) -> dict[str, Any]:
        """Return it as JSON, times in ISO 8601."""
        values = {name: getattr(self, name) for name in self.__slots__}
        times = {key: value.isoformat() for key, value in values.items() if isinstance(value, date)}
        return {**values, **times, "seconds": round(self.seconds, 3), "error": self.error or None}

    @property
    def repository(self) -> str:
        """``balenalib/amd64-debian-node``."""
        return self.name.partition(":")[0]

    @property
    def place(self) -> tuple[str, str]:
        """What a later plan makes anew: the Dockerfile, and the hardware that it is built for."""
        return self.dockerfile, self.hw

    @property
    def said(self) -> str:
        """Why it failed or waits, in one line: the instruction that failed, else how the error begins."""
        return self.step or self.error.partition("\n")[0]

    @property
    def cause(self) -> tuple[int, str]:
        """What failures of one thing have in common: the plan, and what was said but for the image's own names.

        One bad file or one broken instruction fails in every image that it is part of.
        """
        first = self.error.partition("\n")[0]
        said = self.step if self.step and not first.startswith(self.step) else first
        for own in (self.name, self.repository):
            said = said.replace(own, "…")
        return self.plan, _DIGEST.sub("…", said)


def by_cause(builds: Iterable[Build]) -> list[list[Build]]:
    """Return failed builds, those that fail of one thing together, in the order of their first ones."""
    found: dict[tuple[int, str], list[Build]] = {}
    for build in builds:
        found.setdefault(build.cause, []).append(build)
    return list(found.values())
