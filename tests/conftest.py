"""What end-to-end tests stand on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings

import sources
from sources import node
from sources.source import Source
from tests.distro_world import DistroWorld
from tests.foundry import Foundry
from tests.registry import LoopbackRegistry
from tests.toys import Toy, Toys
from tests.upstream import Upstream
from tests.upstream.registry import Registry
from tests.world import World, import_22, propose_22

# The gate plays the same examples each time: a failure is of the change, not of the dice.
settings.register_profile("gate", derandomize=True, deadline=None)
settings.load_profile("gate")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A workspace, and an upstream that serves October 2024."""
    served = tmp_path / "served"
    served.mkdir()
    with Upstream(served) as upstream:
        yield World.make(tmp_path, upstream)


@pytest.fixture
def toys(world: World, monkeypatch: pytest.MonkeyPatch) -> Toys:
    """A world with a second upstream."""
    source = Toy()
    both: Mapping[str, Source] = {"node": node, "toy": source}
    monkeypatch.setattr(sources, "SOURCES", both)
    return Toys(world, source)


@pytest.fixture
def foundry(world: World) -> Iterator[Foundry]:
    """A small family in which Node 22.11.0 is merged, and an empty registry."""
    with LoopbackRegistry() as server:
        yield Foundry.merged(world, server)


@pytest.fixture
def imported(world: World) -> World:
    """A world whose import of line 22 alone was merged."""
    world.after("imported", import_22)
    return world


@pytest.fixture
def proposed(world: World) -> World:
    """A world in which 22.11.0 is recorded, 22.23.1 was released, and 22.23.2 is proposed as #2."""
    world.after("proposed", propose_22)
    return world


@pytest.fixture(scope="session")
def distros(tmp_path_factory: pytest.TempPathFactory) -> tuple[DistroWorld, DistroWorld]:
    """A workspace that has seen nothing yet, and the same after its import was merged: made once, copied often."""
    folders = [tmp_path_factory.mktemp(name) for name in ("fresh", "imported")]
    for folder in folders:
        (folder / "served").mkdir()
    with Upstream(folders[0] / "served") as upstream, Registry() as registry:
        fresh = DistroWorld.of(folders[0], upstream, registry)
    with Upstream(folders[1] / "served") as upstream, Registry() as registry:
        imported = DistroWorld.copy(folders[1], upstream, registry, fresh)
        imported.look()
        imported.decide("merge", 1)
        imported.look()
    return fresh, imported


@pytest.fixture
def upstreams(tmp_path: Path) -> Iterator[tuple[Path, Upstream, Registry]]:
    """An archive and a registry on loopback."""
    (tmp_path / "served").mkdir()
    with Upstream(tmp_path / "served") as upstream, Registry() as registry:
        yield tmp_path, upstream, registry


@pytest.fixture
def fresh_distro(upstreams: tuple[Path, Upstream, Registry], distros: tuple[DistroWorld, DistroWorld]) -> DistroWorld:
    """A workspace that has seen nothing yet: bookworm is at 12.8, trixie at 13.1."""
    return DistroWorld.copy(*upstreams, distros[0])


@pytest.fixture
def distro(upstreams: tuple[Path, Upstream, Registry], distros: tuple[DistroWorld, DistroWorld]) -> DistroWorld:
    """The same after its import was merged."""
    return DistroWorld.copy(*upstreams, distros[1])
