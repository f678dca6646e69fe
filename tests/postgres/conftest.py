"""One server for all of these tests, and a database of its own for each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest

from state.store import Store
from tests.postgres.server import database, served

_NUMBERS = itertools.count(1)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these out unless they are asked for by name: they need a server."""
    if collection_path.name.startswith("test_") and not any("tests/postgres" in arg for arg in config.args):
        return True
    return None


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A server's URL."""
    with served() as url:
        yield url


@pytest.fixture(scope="session")
def template(server: str) -> str:
    """The name of a database that was made once by the migrations."""
    url = database(server, "migrated")
    Store.open(url).close()
    return "migrated"


@pytest.fixture
def empty(server: str) -> str:
    """The URL of a database without a table."""
    return database(server, f"empty{next(_NUMBERS)}")


@pytest.fixture
def url(server: str, template: str) -> str:
    """The URL of an empty, migrated database."""
    return database(server, f"test{next(_NUMBERS)}", template)


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open, empty store."""
    with Store.open(url) as opened:
        yield opened
