"""Real repositories for the adapters' tests: a bare images repository, and clones of it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builder import leftovers
from builder.fastimport import Identity, init_bare
from builder.git import CloneRepository
from builder.local_forge import LocalForge
from builder.ports import Commit, Draft

WHEN = datetime(2026, 8, 1, 12, tzinfo=UTC)
FILES = {
    "catalogue/distros.toml": "[debian]\n",
    "catalogue/releases/node/22.json": '{"version": "22.11.0"}\n',
    "images/amd64/Dockerfile": "FROM debian\nENV NODE_VERSION=22.11.0\n",
    "images/aarch64/Dockerfile": "FROM debian\nENV NODE_VERSION=22.11.0\n",
    "README.md": "images\n",
}


@dataclass
class Place:
    """An images repository and what the tests do to it, as people would."""

    bare: Path
    main: str
    environment: Mapping[str, str]
    now: datetime = WHEN

    def clone(self, name: str = "clone") -> CloneRepository:
        """A clone of the watcher's."""
        return CloneRepository(
            self.bare.parent / name,
            str(self.bare),
            identity=Identity(),
            environment=self.environment,
            timeout=20,
        )

    def forge(self) -> LocalForge:
        """A forge on the repository, with a clock that goes on by a second each time."""
        return LocalForge(self.bare, identity=Identity(), now=self.tick, environment=self.environment)

    def tick(self) -> datetime:
        """The time, a second later each time."""
        self.now += timedelta(seconds=1)
        return self.now

    def git(self, *arguments: str, at: Path | None = None, data: str | None = None) -> str:
        """What plain git says, in the bare repository or *at* another place."""
        command = ["git", "-c", "user.name=A Person", "-c", "user.email=person@example.org", *arguments]
        environment = {**self.environment, "GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run(
            command, cwd=at or self.bare, env=environment, capture_output=True, text=True, check=False, input=data
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def by_hand(self, branch: str, path: str, text: str) -> str:
        """A person commits *text* to *path* on *branch* with a work tree, and pushes."""
        work = self.bare.parent / "work"
        shutil.rmtree(work, ignore_errors=True)
        self.git("clone", "--quiet", str(self.bare), str(work), at=self.bare.parent)
        known = self.git("branch", "--remotes", "--list", f"origin/{branch}", at=work)
        self.git("checkout", "--quiet", *(() if known else ("-b",)), branch, at=work)
        (work / path).parent.mkdir(parents=True, exist_ok=True)
        (work / path).write_text(text)
        self.git("add", path, at=work)
        self.git("commit", "--quiet", "-m", f"by hand: {path}", at=work)
        self.git("push", "--quiet", "origin", branch, at=work)
        return self.git("rev-parse", "HEAD", at=work)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No other git is at work: what was left need not be watched for two seconds."""
    monkeypatch.setattr(leftovers, "_PATIENCE", 0.1)


@pytest.fixture(scope="session")
def environment() -> Mapping[str, str]:
    """As little as git needs."""
    found = shutil.which("git")
    assert found
    return {"PATH": f"{Path(found).parent}:/usr/bin:/bin", "HOME": "/nonexistent"}


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, environment: Mapping[str, str]) -> tuple[Path, str]:
    """One images repository, made once and copied."""
    path = tmp_path_factory.mktemp("template") / "images.git"
    name = asyncio.run(init_bare(path, FILES, "images: begin\n", WHEN, Identity(), environment))
    return path, name


@pytest.fixture
def place(template: tuple[Path, str], tmp_path: Path, environment: Mapping[str, str]) -> Place:
    """An images repository of the test's own."""
    bare = tmp_path / "images.git"
    shutil.copytree(template[0], bare)
    return Place(bare, template[1], environment)


@pytest.fixture
def bump() -> Callable[..., Commit]:
    """A commit that brings node 22 to *new* on *branch*."""

    def commit(parent: str, new: str = "22.11.1", branch: str = "watcher/node/22") -> Commit:
        files = {
            "catalogue/releases/node/22.json": f'{{"version": "{new}"}}\n',
            "images/amd64/Dockerfile": f"FROM debian\nENV NODE_VERSION={new}\n",
        }
        message = f"node: 22.11.0 -> {new}\n\nWatcher-Key: node/22\nWatcher-Release: {new}\n"
        return Commit(branch, parent, message, files, WHEN)

    return commit


def leave(place: Place, *names: str) -> None:
    """Put *names* into the bare repository as a git does that is killed before it has moved them on."""
    for name in names:
        (place.bare / name).parent.mkdir(parents=True, exist_ok=True)
        (place.bare / name).touch()


def draft(branch: str = "watcher/node/22", title: str = "node: 22.11.0 -> 22.11.1", **changes: object) -> Draft:
    """What a pull request for *branch* says."""
    return replace(Draft(branch, "main", title, "the body\n", ("watcher", "stack/node")), **changes)  # type: ignore[arg-type]
