"""What the builds share. They need root, an engine and the registries of packages, so only ``make test-images`` runs them."""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.images import larder, machine, servers, shop
from tests.images.engine import Engine
from tests.images.yard import Yard

CACHE = Path(__file__).parents[2] / ".cache" / "images"
"""Root file systems and upstreams' files, kept from run to run."""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these out unless they are asked for by name: the first time they take an hour on two cores.

    BuildKit's own check is made where there is one: Debian 12 has none.
    """
    asked = any("tests/images" in arg for arg in config.args)
    if collection_path.name.startswith("test_") and not asked:
        return True
    if collection_path.name == "test_check.py" and not buildkit_checks():
        return True
    return None


def pytest_report_header() -> list[str]:
    """Say what is left out."""
    return (
        [] if buildkit_checks() else ["left out: tests/images/test_check.py, since docker buildx has no --check here"]
    )


@functools.cache
def buildkit_checks() -> bool:
    """Whether ``docker buildx build --check`` can be had."""
    if shutil.which("docker") is None:
        return False
    told = subprocess.run(["docker", "buildx", "build", "--help"], capture_output=True, text=True, check=False)
    return "--check" in told.stdout


@pytest.fixture(scope="session")
def engine() -> Engine:
    """An engine with a store of its own; without one this is an error and no skip. It installs what the tests need."""
    machine.prepare()
    return Engine(CACHE)


@pytest.fixture(scope="session")
def world(engine: Engine) -> shop.World:
    """The catalogue, with releases of what upstreams' real files could be had of, and those files."""
    del engine  # brings the programs that get and pack them
    return shop.world(larder.Larder(CACHE))


@pytest.fixture(scope="session")
def mirror(world: shop.World) -> Iterator[str]:
    """The URL where those files are."""
    with servers.served(world.mirror) as url:
        yield url


@pytest.fixture(scope="session")
def context(world: shop.World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build context, with every Dockerfile of that catalogue."""
    return world.write(tmp_path_factory.mktemp("tree"))


@pytest.fixture(scope="session")
def yard(engine: Engine, world: shop.World, context: Path, mirror: str) -> Yard:
    """Where images are built, each once in a run."""
    return Yard(engine, larder.Larder(CACHE), world, context, mirror)


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Secure]:
    """A server that speaks TLS, and the certificate that a client has to trust."""
    with servers.secure(tmp_path_factory.mktemp("tls")) as server:
        yield server
