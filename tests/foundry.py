"""A world that builds: an engine that makes small images of nothing, and a registry on loopback."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from builder.engines.engine import BuildRequest, Ran
from builder.oci import Layout, Manifest, labels_of
from builder.registry import Registry, RegistrySettings
from builder.workshop import Workshop
from state.errors import BuildError, WatcherError
from state.model import Build
from tests.builder.test_sbom import DPKG, tar
from tests.registry import LoopbackRegistry
from tests.registry.images import layout
from tests.small_family import commit, git, shrink
from tests.world import World, import_22
from watcher import works
from watcher.app import App
from watcher.build_report import Report
from watcher.building import work
from watcher.cli import cli, exit_code
from watcher.works import Works


@dataclass
class Forge:
    """An engine without containers: a layer is a digest of Dockerfile and arguments. ``broken``: whose RUN fails.

    ``more``: bytes that each image has beside.
    """

    name: str = "forge"
    made: list[str] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    platform: str = ""
    more: int = 0
    then: Callable[[], None] = lambda: None

    async def ready(self) -> str:
        """Always."""
        return "forge 1"

    async def build(self, request: BuildRequest) -> Layout:
        """Write the layout."""
        text = request.dockerfile.read_text()
        place = str(request.dockerfile.parent.relative_to(request.context))
        self.made.append(place)
        assert (request.context / "scripts" / "entry.sh").is_file()
        with request.log.open("a") as log:
            log.write(f"STEP 1/2: FROM {request.arguments.get('BASE', 'upstream')}\n")
        if any(part in place for part in self.broken):
            raise BuildError("forge build: STEP 2/2: RUN install_packages curl\nno such package: curl")
        self.then()
        stamp = hashlib.sha256(f"{text}{sorted(request.arguments.items())}".encode()).digest()
        body = tar({"stamp": stamp + hashlib.shake_256(stamp).digest(self.more), "var/lib/dpkg/status": DPKG})
        return layout(request.output, self.platform or request.platform, layers=(body,), labels=request.labels)

    async def forget(self, layout: Layout) -> None:
        """Nothing is kept."""

    async def run(
        self,
        layout: Layout,
        platform: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        seconds: float = 600.0,
    ) -> Ran:
        """Nothing to run."""
        raise AssertionError


class Crash(BaseException):
    """The process ends here."""


@dataclass
class Foundry:
    """A world, its registry, and its engine. ``stop_at``: the number of the registry's request that is the last one."""

    world: World
    server: LoopbackRegistry
    forge: Forge = field(default_factory=Forge)
    stop_at: int | None = None
    jobs: int = 2
    asked: int = 0

    @classmethod
    def merged(cls, world: World, server: LoopbackRegistry, *also: str) -> Foundry:
        """A small family in which the import of Node 22.11.0 is merged, with its builds in the queue.

        It is of amd64, and of the architectures *also* named.
        """
        made = cls(world, server)
        made.settings()
        world.after("-".join(("merged", *also)), partial(merged_family, also=also))
        return made

    def settings(self, extra: str = "") -> None:
        """Let the watcher build by itself, and tell nothing beside images where *extra* does not say so."""
        quiet = "" if "[trust]" in extra else "[trust]\nsbom = false\nprovenance = false\n"
        self.world.settings(f'[publish]\nmode = "publish"\n{extra}\n{quiet}')

    @asynccontextmanager
    async def _works(self, namespace: str) -> AsyncIterator[Works]:
        registry = Counted(self)
        var = self.world.folder / "ws" / "var"
        staging = f"{namespace}/staging"
        try:
            workshop = Workshop(self.forge, registry, staging, var / "scratch")
            yield Works(registry, workshop, staging, var / "builds", jobs=self.jobs)
        finally:
            await registry.aclose()

    def cli(self, *arguments: str, code: int = 0) -> str:
        """Run a command of the command line in this process; return all that it says."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(works, "opened", lambda config, namespace: self._works(namespace))
            done = CliRunner().invoke(cli, ["--config", str(self.world.config_file), *arguments])
        raised = done.exception if isinstance(done.exception, WatcherError) else None
        assert (exit_code(raised) if raised else done.exit_code) == code, done.output
        return f"{raised}" if raised else done.output

    def run(self, job: Callable[[App], Any]) -> Any:
        """Run *job* with a bundle whose works are these."""
        self.asked = 0
        return self.world.run(lambda app: job(replace(app, works=self._works)))

    def work(self) -> Report:
        """Run the builds that are due."""
        found: Report = self.run(work)
        return found

    def open(self) -> list[Build]:
        """Return what is left in the queue."""

        async def job(app: App) -> list[Build]:
            return app.store.builds.open()

        found: list[Build] = self.world.run(job)
        return found

    def tags(self) -> dict[str, str]:
        """Every name in the registry, but those of staging, and its digest."""
        with self.server.lock:  # after a crash the last request may still be served
            return {
                f"{name}:{tag}": digest
                for name, repository in self.server.repositories.items()
                for tag, digest in repository.tags.items()
                if not name.endswith("/staging")
            }

    def digests(self, repository: str) -> Mapping[str, str]:
        """Tag → digest of one repository."""
        return self.server.repository(repository).tags

    def edit(self, path: str, more: str, instead_of: str = "") -> None:
        """Append to a file of the images repository, or replace something there, as a maintainer would."""
        folder = self.world.folder / "checkout"
        if not folder.exists():
            git("clone", "-q", str(self.world.folder / "ws" / "images.git"), str(folder))
        git("-C", str(folder), "pull", "-q", "--rebase")
        text = (folder / path).read_text()
        (folder / path).write_text(text.replace(instead_of, more) if instead_of else text + more)
        commit(folder, "An edit")

    def _branch(self, number: int) -> str:
        async def job(app: App) -> str:
            record = app.store.pull(number)
            assert record
            return record.branch

        found: str = self.world.run(job)
        return found

    def merge_instead(self, number: int, path: str, change: Callable[[str], str]) -> None:
        """Let a pull request change nothing but one file, and merge it, as a maintainer would."""
        folder = self.world.folder / f"instead-{number}"
        git("clone", "-q", str(self.world.folder / "ws" / "images.git"), str(folder))
        git("-C", str(folder), "branch", "-q", "before")
        git("-C", str(folder), "checkout", "-q", self._branch(number))
        git("-C", str(folder), "rm", "-rqf", ".")
        git("-C", str(folder), "checkout", "-q", "before", "--", ".")
        text = (folder / path).read_text()
        assert change(text) != text
        (folder / path).write_text(change(text))
        commit(folder, "Only that")
        self.world.decide("merge", number)

    def manifest(self, build: Build) -> Manifest:
        """What the registry has of an image."""
        media, body = self.server.repository(build.repository).manifests[build.digest]
        return Manifest(media, body)

    def labels(self, build: Build) -> dict[str, str]:
        """The labels of an image in the registry."""
        return labels_of(self.server.repository(build.repository).blobs[self.manifest(build).config.digest])

    def events(self, kind: str) -> list[Mapping[str, Any]]:
        """What the journal has of one kind, oldest first."""

        async def job(app: App) -> list[Mapping[str, Any]]:
            return [entry.data for entry in app.store.events(10_000) if entry.kind == kind]

        return self.world.run(job)

    def log(self, build: Build) -> Path:
        """Where the log of a build is."""
        return self.world.folder / "ws" / "var" / "builds" / build.log


class Counted(Registry):
    """A client that counts what it asks, and ends the process where the foundry says."""

    def __init__(self, foundry: Foundry) -> None:
        async def at_once(seconds: float) -> None:
            del seconds

        super().__init__(RegistrySettings(foundry.server.host, plain=True, writes_per_minute=10**9), sleep=at_once)
        self._foundry = foundry

    async def _ask(self, method: str, place: str, **more: Any) -> Any:
        self._foundry.asked += 1
        if self._foundry.stop_at is not None and self._foundry.asked > self._foundry.stop_at:
            raise Crash
        return await super()._ask(method, place, **more)


def merged_family(world: World, also: Collection[str] = ()) -> None:
    """Let the import of Node 22.11.0 into a small family be merged."""
    shrink(world, also)
    import_22(world)
