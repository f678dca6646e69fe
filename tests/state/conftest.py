"""A store in a folder of its own, and facts to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from state.store import Store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A database that was made once by the migrations; tests start from its bytes."""
    path = tmp_path_factory.mktemp("migrated") / "state.db"
    Store.open(f"sqlite:///{path}").close()
    return path.read_bytes()


@pytest.fixture
def url(tmp_path: Path, migrated: bytes) -> str:
    """The URL of an empty, migrated database."""
    (tmp_path / "state.db").write_bytes(migrated)
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """An open, empty store."""
    with Store.open(url) as opened:
        yield opened
