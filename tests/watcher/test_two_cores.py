"""A computation begun beside another: the same result, the same errors, and never a child where threads run."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import pytest

from generator.plan import rendered
from state.errors import CatalogueError
from tests.generator.family import family
from tests.generator.languages import spoken
from watcher import two_cores


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two cores, and a process with one thread: whatever this machine has, and tests before left."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(threading, "active_count", lambda: 1)


def _where() -> dict[str, str]:
    return {"process": str(os.getpid())}


@pytest.mark.usefixtures("two")
def test_a_job_begun_beside_is_done_by_another_process() -> None:
    """Its result comes back whole, larger than a pipe holds."""
    large = {f"path{n}": "ü" * 1000 for n in range(500)}
    waiting = two_cores.beside(lambda: large | _where())
    found = waiting()
    assert found.pop("process") != str(os.getpid())
    assert found == large


@pytest.mark.usefixtures("two")
def test_all_that_is_generated_is_the_same_from_two_processes() -> None:
    """Texts, paths and their order."""
    catalogue = spoken(family())
    assert list(rendered(catalogue, two_cores.beside).items()) == list(rendered(catalogue).items())


@pytest.mark.usefixtures("two")
def test_an_error_of_the_job_is_raised_where_it_is_waited_for() -> None:
    """It is done again here, so the error is the job's own."""

    def wrong() -> dict[str, str]:
        raise CatalogueError("catalogue/family.toml", "namespace", "is missing")

    waiting = two_cores.beside(wrong)
    with pytest.raises(CatalogueError, match="namespace"):
        waiting()


@pytest.mark.usefixtures("two")
def test_a_child_that_is_killed_costs_time_only() -> None:
    """What it did not finish is done here."""
    parent = os.getpid()

    def dies() -> dict[str, str]:
        if os.getpid() != parent:
            os.kill(os.getpid(), 9)
        return _where()

    assert two_cores.beside(dies)() == _where()


def test_beside_other_threads_no_child_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another thread holds would never be let go in a child."""
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    stop = threading.Event()
    thread = threading.Thread(target=stop.wait)
    thread.start()
    try:
        assert two_cores.beside(_where)() == _where()
    finally:
        stop.set()
        thread.join()


def test_one_core_does_all_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child would only take its turns from the parent."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    job: Callable[[], dict[str, str]] = _where
    assert two_cores.beside(job) is job
