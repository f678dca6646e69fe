"""Which builds are due: a base before what stands on it; what fails holds back only its own dependants."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from state.model import Build


class Graph:
    """The open builds of all plans, and what each waits for.

    ``known`` maps a name to the digest that its image has in the registry. A name that is still to be made in the
    queue is waited for, whatever digest an older image of that name has.
    """

    def __init__(
        self, builds: Iterable[Build], needs: Mapping[int, Collection[str]], known: Mapping[str, str], now: datetime
    ) -> None:
        self._builds = {build.id: build for build in builds}
        self._now = now
        left = [build for build in self._builds.values() if build.state != "pushed"]
        self.known = {**known, **{b.name: b.digest for b in self._builds.values() if b.state == "pushed"}}
        unmade = {build.name for build in left}
        self._users: dict[str, list[int]] = {}
        self._waits: dict[int, set[str]] = {}
        self._active: dict[str, set[int]] = {}
        for build in left:
            self._waits[build.id] = set(needs[build.id]) & unmade
            for name in self._waits[build.id]:
                self._users.setdefault(name, []).append(build.id)
            if self._due(build):
                self._active.setdefault(build.repository, set()).add(build.id)

    def _due(self, build: Build) -> bool:
        if build.state == "failed":
            return build.next_try is not None and build.next_try <= self._now
        return build.next_try is None or build.next_try <= self._now

    def start(self) -> tuple[list[Build], list[Build]]:
        """Return what can be made at once, and what a failure of another time still blocks."""
        failed = [build for build in self._builds.values() if build.state == "failed" and not self._due(build)]
        blocked = [each for build in failed for each in self._block(build)]
        return [build for number, build in self._builds.items() if self._ready(number)], blocked

    def left_after(self, spent: Mapping[str, float]) -> Mapping[int, float]:
        """Return build → seconds until the last image that stands on it is made, it included, if nothing had to wait.

        What is longest is begun first: then no long chain is left when all else is done (Hu's rule, critical path first:
        https://en.wikipedia.org/wiki/List_scheduling). *spent* maps Dockerfiles to the seconds that they took lately.
        """
        usual = sum(spent.values()) / len(spent) if spent else 1.0
        found: dict[int, float] = {}

        def left(number: int) -> float:
            if number not in found:
                build = self._builds[number]
                own = spent.get(build.dockerfile, usual) if build.kind == "build" else 0.0
                found[number] = own + max((left(user) for user in self._users.get(build.name, ())), default=0.0)
            return found[number]

        for number in self._builds:
            left(number)
        return found

    def _ready(self, number: int) -> bool:
        return self._waits.get(number) == set() and self._due(self._builds[number])

    def made(self, build: Build) -> list[Build]:
        """Note that *build* is in the registry; return what became due by that."""
        self.known[build.name] = build.digest
        self._leave(build)
        due = []
        for number in self._users.get(build.name, ()):
            if number in self._waits:
                self._waits[number].discard(build.name)
                due += [self._builds[number]] if self._ready(number) else []
        return due

    def failed(self, build: Build) -> list[Build]:
        """Note that *build* failed, or is not to be made any more; return what is newly blocked by that."""
        self._leave(build)
        return self._block(build)

    def postponed(self, build: Build) -> list[Build]:
        """Note that *build* is not made this time; return what stands on it, which is not made either."""
        self._leave(build)
        users = [self._builds[number] for number in self._users.get(build.name, ()) if number in self._waits]
        return [each for user in users for each in (user, *self.postponed(user))]

    def _block(self, build: Build) -> list[Build]:
        found: list[Build] = []
        for number in self._users.get(build.name, ()):
            if number in self._waits:  # neither made nor blocked yet
                blocked = replace(self._builds[number], state="blocked", error=f"{build.name} failed")
                self._leave(blocked)
                found += [blocked, *self._block(blocked)]
        return found

    def _leave(self, build: Build) -> None:
        self._builds[build.id] = build
        self._waits.pop(build.id, None)
        self._active.get(build.repository, set()).discard(build.id)

    def settled(self, repository: str) -> list[Build]:
        """Return the images of a repository that wait for moving names; none while another one of it is being made."""
        if self._active.get(repository):
            return []
        return [each for each in self._builds.values() if each.state == "pushed" and each.repository == repository]

    def named(self, builds: Iterable[Build]) -> None:
        """Note that moving names lead to these."""
        for build in builds:
            self._builds[build.id] = replace(build, state="tagged")

    @property
    def builds(self) -> Collection[Build]:
        """All of them."""
        return self._builds.values()

    @property
    def left(self) -> int:
        """How many images are not made yet, and neither failed nor blocked."""
        return len(self._waits)

    @property
    def repositories(self) -> list[str]:
        """Those in which images wait for moving names."""
        return list(dict.fromkeys(each.repository for each in self._builds.values() if each.state == "pushed"))
