"""Merged changes that leave Dockerfiles as they are: names move without a build, copied files make images anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.foundry import Foundry
from tests.registry import LoopbackRegistry
from tests.world import NEWER, World

pytestmark = pytest.mark.slow

NODE = "balenalib/amd64-debian-node"


@pytest.fixture
def server() -> Iterator[LoopbackRegistry]:
    """An empty registry."""
    with LoopbackRegistry() as served:
        yield served


@pytest.fixture
def foundry(world: World, server: LoopbackRegistry) -> Foundry:
    """A small family in which Node 22.11.0 is merged and built."""
    made = Foundry.merged(world, server)
    made.work()
    return made


def _proposed(foundry: Foundry) -> int:
    """A pull request that a maintainer changes before it is merged."""
    foundry.world.publish(NEWER)
    foundry.world.only("22.23.2", "22.11.0")
    return next(int(p["number"]) for p in foundry.world.sync()["pulls"] if p["new"] == "22.23.2")


def test_a_name_that_moves_is_written_and_nothing_is_built(foundry: Foundry) -> None:
    """The image gets its other names by the digest that it has; the merge is all that it takes."""
    before, made = dict(foundry.digests(NODE)), len(foundry.forge.made)
    assert "22-13" in before
    number = _proposed(foundry)
    foundry.merge_instead(number, "catalogue/distros.toml", lambda text: text.replace('number = "13"', 'number = "14"'))
    report = foundry.work()
    after = foundry.digests(NODE)
    assert after["22-14"] == before["22-13"]
    assert (report.built, report.cached, report.relabelled, report.trouble) == ([], [], [], [])
    assert len(foundry.forge.made) == made
    assert foundry.open() == []
    assert {name: after[name] for name in before} == before


def test_a_changed_script_makes_what_copies_it_anew(foundry: Foundry) -> None:
    """Though no Dockerfile changed: the digest of what goes into an image did."""
    before = dict(foundry.digests(NODE))
    foundry.merge_instead(_proposed(foundry), "balena-base-images/scripts/entry.sh", lambda text: text + "# more\n")
    report = foundry.work()
    assert {build.reason for build in report.built} == {"scripts/entry.sh changed"}
    assert report.relabelled
    assert not report.cached
    after = foundry.digests(NODE)
    assert after["22"] == after["latest"] != before["22"]


def test_a_size_that_moved_is_told(foundry: Foundry) -> None:
    """Against what stood in the same place: in the report, by the command line, and of one build."""
    number = _proposed(foundry)
    foundry.forge.more = 100_000
    foundry.world.decide("merge", number)
    report = foundry.work()
    assert set(report.sizes) == {build.name for build in report.built}
    build = next(build for build in report.built if build.name == f"{NODE}:22.23.2-trixie-run")
    assert build.size > 100_000
    said = foundry.cli("builds", "show", str(build.id))
    assert report.sizes[build.name] in said
    assert "and was 0.0 MiB (+" in said
