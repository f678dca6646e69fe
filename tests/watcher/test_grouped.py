"""Polls that end together are kept in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import event

from state.errors import StoreError
from state.store import Store
from tests.state.facts import NOW, artifact, document, release
from watcher.grouped import Grouped


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty memory."""
    with Store.open(f"sqlite:///{tmp_path}/state.db") as opened:
        yield opened


def test_what_ends_together_is_one_commit_and_what_is_refused_is_refused_alone(store: Store) -> None:
    """A digest that contradicts the recorded one keeps nothing of its own poll, and all of the others'."""
    store.poll_finished("node", now=NOW, listed=[release("22.11.0", artifact())])
    commits: list[object] = []
    event.listen(store._engine, "commit", commits.append)

    async def job() -> list[object]:
        grouped = Grouped(store)
        other = partial(store.poll_finished, "node", now=NOW, documents=[document()])
        wrong = partial(other, listed=[release("22.11.0", artifact(seed="other"))])
        polls = [partial(store.poll_finished, name, now=NOW, settled="x") for name in ("go", "rust")]
        return list(await asyncio.gather(*map(grouped.write, [polls[0], wrong, polls[1]]), return_exceptions=True))

    first, refused, last = asyncio.run(job())
    assert (first, last) == ([], [])
    assert isinstance(refused, StoreError)
    assert len(commits) == 1
    assert [store.source_state(name).settled for name in ("go", "rust")] == ["x", "x"]
    assert store.validators("node") == {}
