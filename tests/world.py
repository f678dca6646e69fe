"""A whole small world for end-to-end tests: an upstream on loopback, a workspace, and the clock."""

from __future__ import annotations

import asyncio
import atexit
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx

from state.model import PullRequest
from state.store import PullRecord
from tests.github.hub import Hub
from tests.github.server import serving
from tests.github.site import TOKEN, Site
from tests.upstream import Upstream
from tests.upstream.layout import BUNDLED, OFFICIAL, SCHEDULE, UNOFFICIAL, lay_out, official, unofficial_builds, write
from watcher import bus, changes, workspace
from watcher.app import App
from watcher.cli.sync import document
from watcher.config import load
from watcher.sync import Report, sync
from watcher.wiring import wired

T = TypeVar("T")
OLDER = ("dist-index.2024-10-31.json", "schedule.2024-10-29.json", datetime(2024, 11, 1, 9, tzinfo=UTC))
NEWER = ("dist-index.2026-08-05.json", "schedule.2026-06-01.json", datetime(2026, 8, 10, 9, tzinfo=UTC))
State = tuple[str, str, datetime]


class _Kept:
    """Worlds as they were after what many tests begin with."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="watcher-worlds-"))
        self.days: dict[str, datetime] = {}
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)


_KEPT = _Kept()


@dataclass
class World:
    """Everything a test moves: what upstream serves, what day it is, what maintainers do.

    ``extra`` are tables of the settings, ``github`` lines of ``[github]``.
    """

    folder: Path
    upstream: Upstream
    extra: str = ""
    github: str = ""
    _day: datetime = field(default=OLDER[2])

    @classmethod
    def make(cls, folder: Path, upstream: Upstream) -> World:
        """A workspace with three devices; the upstream serves :data:`OLDER`."""
        world = cls(folder, upstream)
        world.after("made", _begin)
        return world

    def after(self, name: str, happened: Callable[[World], None]) -> None:
        """Let *happened*, called *name*, be over: it is done once, kept, and copied for every other world."""
        kept = _KEPT.folder / name
        if kept.exists():
            for part in ("ws", "served"):
                shutil.rmtree(self.folder / part, ignore_errors=True)
                shutil.copytree(kept / part, self.folder / part)
            self._day = _KEPT.days[name]
            self._settings()
            return
        happened(self)
        for part in ("ws", "served"):
            shutil.copytree(self.folder / part, kept / part)
        _KEPT.days[name] = self._day

    def forget(self) -> None:
        """Let there be no memory yet, as after ``watcher init``."""
        for file in (self.folder / "ws" / "var").glob("watcher.db*"):
            file.unlink()

    # Upstream.

    @property
    def served(self) -> Path:
        """The folder that upstream serves."""
        return self.upstream.root

    def publish(self, state: State) -> None:
        """Serve another day's documents and files, and let it be that day."""
        shutil.rmtree(self.served, ignore_errors=True)
        lay_out(BUNDLED, self.served, state[0], state[1])
        self._day = state[2]
        self._settings()

    def index(self) -> list[dict[str, Any]]:
        """The index as it is served."""
        entries: list[dict[str, Any]] = json.loads((self.served / OFFICIAL / "index.json").read_text())
        return entries

    def serve_index(self, entries: list[dict[str, Any]]) -> None:
        """Serve another index."""
        write(self.served / OFFICIAL / "index.json", json.dumps(entries).encode())

    def only(self, *versions: str) -> None:
        """Serve an index of these versions only, newest first."""
        self.serve_index([e for e in self.index() if e["version"].removeprefix("v") in versions])

    def release(self, version: str, *, like: str) -> None:
        """Publish one more recorded version, with an entry in the index as that of *like*."""
        entry = next(e for e in self.index() if e["version"] == f"v{like}")
        self.serve_index([*self.index(), {**entry, "version": f"v{version}"}])
        official(self.served, f"v{version}", (BUNDLED / "shasums256" / f"v{version}.SHASUMS256.txt.asc").read_bytes())
        unofficial_builds(self.served, f"v{version}", ["linux-x64-musl", "linux-armv6l"])

    def touch(self) -> None:
        """Let the index say something new that is of no interest: an old version more."""
        count = sum(e["version"].startswith("v0.") for e in self.index())
        self.serve_index([*self.index(), {**self.index()[-1], "version": f"v0.10.{count}", "lts": False}])

    def remove(self, *names: str) -> None:
        """Take files away, named from the host on."""
        for name in names:
            (self.served / name).unlink()

    def take_unofficial(self, version: str) -> Callable[[], None]:
        """Take a version of the unofficial builds away; the returned call brings it back."""
        folder, kept = self.served / UNOFFICIAL / f"v{version}", self.folder / f"kept-{version}"
        shutil.move(folder, kept)

        def back() -> None:
            shutil.move(kept, folder)

        return back

    def schedule(self) -> Path:
        """The file of the release schedule."""
        return self.served / SCHEDULE

    # The watcher.

    def _settings(self) -> None:
        mirrors = "\n".join(f'"{official}" = "{url}"' for official, url in self.upstream.mirrors().items())
        (self.folder / "ws" / "watcher.toml").write_text(
            f'now = "{self._day.isoformat()}"\n{self.extra}\n[mirrors]\n{mirrors}\n'
        )

    def settings(self, extra: str) -> None:
        """Add tables to the settings."""
        self.extra = extra
        self._settings()

    def day(self, day: datetime) -> None:
        """Let it be another day."""
        self._day = day
        self._settings()

    @property
    def config_file(self) -> Path:
        """The settings file."""
        return self.folder / "ws" / "watcher.toml"

    def run(self, job: Callable[[App], Coroutine[Any, Any, T]], *, dry: bool = False) -> T:
        """Wire everything up as a command does, run *job*, close it."""

        async def whole() -> T:
            async with wired(load(self.config_file), dry=dry) as app:
                return await job(app)

        return asyncio.run(whole())

    def report(self, *, dry: bool = False) -> Report:
        """Run ``watcher sync node``."""
        return self.run(lambda app: sync(app, ["node"]), dry=dry)

    def sync(self, *, dry: bool = False) -> dict[str, Any]:
        """Run ``watcher sync node --json`` and return its document."""
        return document(self.report(dry=dry))

    def decide(self, verb: str, number: int) -> PullRecord:
        """Be the maintainer: ``merge`` or ``close`` a pull request on the forge, and let the watcher see it."""

        async def job(app: App) -> PullRecord:
            await getattr(app.forge, verb)(number)
            await app.repository.fetch()
            failed = await bus.run(app, app.store.record((await changes.watch(app)).events, app.now()))
            assert not failed
            record = app.store.pull(number)
            assert record
            return record

        return self.run(job)

    def pull(self, number: int) -> PullRequest:
        """A pull request as the forge tells it."""
        return self.run(lambda app: app.forge.pull(number))

    def pulls(self) -> list[PullRecord]:
        """All that we remember, newest first."""

        async def job(app: App) -> list[PullRecord]:
            return app.store.pulls()

        return self.run(job)

    # GitHub.

    @contextmanager
    def on_github(self, **settings: Any) -> Iterator[Site]:
        """Let GitHub keep the images repository's pull requests until the end of the block: ``settings`` are Hub's."""
        hub = Hub(self.folder / "ws" / "images.git", **settings)
        with serving(hub), ExitStack() as closing:
            client = httpx.Client(base_url=hub.api, headers={"Authorization": f"token {TOKEN}"})
            token = self.folder / "github-token"
            token.write_text(f"{TOKEN}\n")
            self.settings(
                f'{self.extra}\n[images]\nremote = "{hub.api}/{hub.name}.git"\n[forge]\nkind = "github"\n'
                f'[github]\nrepository = "{hub.name}"\nbase_url = "{hub.api}"\nseconds_between_writes = 0\n'
                f'token_file = "{token}"\n{self.github}'
            )
            yield Site(hub, closing.enter_context(client), self.folder, closing)

    # The images repository.

    def git(self, *arguments: str) -> str:
        """Ask the images repository."""
        command = ["git", "-C", str(self.folder / "ws" / "images.git"), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def edit(self, files: Mapping[str, str]) -> None:
        """Commit *files* to main, as a maintainer who edits the catalogue does."""
        commit = "commit refs/heads/main\ncommitter Maintainer <m@test.invalid> 0 +0000\ndata 5\nedit\n\n"
        parts = [commit.encode(), b"from refs/heads/main^0\n"]
        for path, text in files.items():
            data = text.encode()
            parts.append(b"M 100644 inline %s\ndata %d\n%s\n" % (path.encode(), len(data), data))
        command = ["git", "-C", str(self.folder / "ws" / "images.git"), "fast-import", "--quiet"]
        subprocess.run(command, input=b"".join(parts), check=True, capture_output=True)

    def text(self, path: str, at: str = "main") -> str:
        """A file of the images repository."""
        return self.git("show", f"{at}:{path}")

    def paths(self, at: str = "main") -> list[str]:
        """All paths at a commit."""
        return self.git("ls-tree", "-r", "--name-only", at).splitlines()


def _begin(world: World) -> None:
    workspace.make(world.folder / "ws", ["raspberrypi3", "intel-nuc", "raspberrypi4-64"], OLDER[2])
    world.publish(OLDER)
    world.pulls()  # the memory is made


def import_22(world: World) -> None:
    """Line 22 alone is imported, and that is merged."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)


def propose_22(world: World) -> None:
    """22.11.0 is recorded, 22.23.1 was released, and 22.23.2 is proposed as #2."""
    import_22(world)
    world.publish(NEWER)
    world.only("22.23.2", "22.11.0")
    world.release("22.23.1", like="22.23.2")
    assert [p["new"] for p in world.sync()["pulls"]] == ["22.23.2"]
