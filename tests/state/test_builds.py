"""The queue of builds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from state.events import ImageBuilt
from state.model import Build
from state.store import Store
from tests.state.facts import LATER, NOW

ONE, TWO = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def image(name: str = "debian:bookworm-run", plan: int = 1, *, base: str = "debian:bookworm") -> Build:
    """An image of a plan."""
    path = f"balena-base-images/{name.replace(':', '/')}/Dockerfile"
    return Build(
        plan, "c0ffee", f"balenalib/amd64-{name}", "build", "linux/amd64", "amd64", path, base, date(2026, 8, 5)
    )


def test_a_plan_is_queued_once(store: Store) -> None:
    """A step that is repeated adds nothing; what became of the rows stays."""
    plan = [image(), image("node:22")]
    assert store.builds.add(plan) == 2
    first = store.builds.open()[0]
    store.builds.save([replace(first, state="tagged", digest=ONE, finished_at=NOW)])
    assert store.builds.add(plan) == 0
    assert [each.name for each in store.builds.open()] == ["balenalib/amd64-node:22"]
    assert store.builds.find(first.id) == replace(first, state="tagged", digest=ONE, finished_at=NOW)
    assert store.status(NOW.date())["builds"]["states"] == {"waiting": 1}, "what is done is no part of the queue"


def test_an_image_and_the_event_that_tells_of_it_are_kept_both_or_neither(store: Store) -> None:
    """Killed between the two, what is in the registry would never be told: here the journal refuses."""
    store.builds.add([image()])
    [waiting] = store.builds.open()
    made = replace(waiting, state="pushed", digest=ONE)
    told = ImageBuilt("node", 1, made.name, made.platform, ONE, "inputs", 1.0)
    with pytest.raises(UserWarning, match="inputs"):
        store.builds.built(made, replace(told, inputs=b"no text"), NOW)  # type: ignore[arg-type]
    assert store.builds.open() == [waiting]
    store.builds.built(made, told, NOW)
    assert store.builds.open() == [made]
    assert [each.event for each in store.events_after(0)] == [told]


def test_a_later_plan_supersedes_what_was_not_made_yet(store: Store) -> None:
    """Not another place, and not what is in the registry already and only waits for its names."""
    store.builds.add([image(), image("node:22"), image("go:1")])
    pushed = store.builds.open()[0]
    store.builds.save([replace(pushed, state="pushed", digest=ONE)])
    store.builds.add([image(plan=2), image("node:22", plan=2)])
    assert [(each.plan, each.name.partition("-")[2], each.state) for each in store.builds.open()] == [
        (1, "debian:bookworm-run", "pushed"),
        (1, "go:1", "waiting"),
        (2, "debian:bookworm-run", "waiting"),
        (2, "node:22", "waiting"),
    ]
    assert [each.state for each in store.builds.of(1)] == ["pushed", "superseded", "waiting"]


def test_the_newest_image_in_the_registry_is_found_by_name_and_by_inputs(store: Store) -> None:
    """What failed has no digest; of two the one that was finished later counts."""
    store.builds.add([image(), image(plan=2), image(plan=3)])
    older, newer, failed = (store.builds.of(plan)[0] for plan in (1, 2, 3))
    store.builds.save(
        [
            replace(older, state="tagged", digest=ONE, inputs="x", finished_at=LATER),
            replace(newer, state="tagged", digest=TWO, inputs="y", finished_at=NOW),
            replace(failed, state="failed"),
        ]
    )
    assert {name: made.digest for name, made in store.builds.made([older.name, "other"]).items()} == {older.name: ONE}
    found = store.builds.with_inputs("y")
    assert found is not None
    assert found.digest == TWO
    assert store.builds.with_inputs("z") is None
    assert [each.plan for each in store.builds.newest(2)] == [3, 2]
    assert [each.plan for each in store.builds.newest(9, ["failed"])] == [3]


def test_the_last_build_of_a_dockerfile_tells_what_it_takes(store: Store) -> None:
    """Not one that was in the registry already, not one that failed; what was never built is left out."""
    store.builds.add([image(plan=plan) for plan in (1, 2, 3, 4)])
    older, newer, cached, failed = (store.builds.of(plan)[0] for plan in (1, 2, 3, 4))
    store.builds.save(
        [
            replace(older, state="tagged", digest=ONE, seconds=300.0, finished_at=NOW),
            replace(newer, state="pushed", digest=TWO, seconds=240.0, finished_at=LATER),
            replace(cached, state="tagged", digest=TWO, seconds=0.1, cached=True, finished_at=LATER),
            replace(failed, state="failed", seconds=9.0, finished_at=LATER),
        ]
    )
    assert store.builds.spent({older.dockerfile, "balena-base-images/never/Dockerfile"}) == {older.dockerfile: 240.0}
    # One that was recalled from the registry took nobody knows how long.
    store.builds.recall([replace(image(plan=5), state="tagged", digest=f"sha256:{'e' * 64}", finished_at=LATER)])
    assert store.builds.spent({older.dockerfile}) == {older.dockerfile: 240.0}


def test_images_of_before_this_memory_are_recalled_once_and_supersede_nothing(store: Store) -> None:
    """What is queued for the same place is still to be made."""
    store.builds.add([image(plan=2)])
    made = replace(image(plan=1), state="tagged", digest=ONE, inputs="in", finished_at=NOW)
    assert [store.builds.recall([made]) for _ in range(2)] == [1, 0]
    assert [build.plan for build in store.builds.open()] == [2]
    assert store.builds.published() == {(made.name, ONE)}
    assert store.builds.by_digest([ONE, TWO])[ONE].plan == 1
    assert store.builds.made([made.name])[made.name].inputs == "in"
