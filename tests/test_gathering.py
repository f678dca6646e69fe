"""One name for all architectures, from builds to the registry: whose images are in it, and whom it waits for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.foundry import Foundry
from tests.registry import LoopbackRegistry
from tests.world import OLDER, World

pytestmark = pytest.mark.slow

RUN = "balena-base-images/{}/debian/trixie/run/Dockerfile"
SCRIPT = "balena-base-images/scripts/balena-idle"
NAME = "balenalib/debian:trixie-run"


@pytest.fixture
def foundry(world: World) -> Iterator[Foundry]:
    """Three architectures, all images made on the first of November."""
    with LoopbackRegistry() as server:
        made = Foundry.merged(world, server, "aarch64", "armv7hf")
        made.work()
        yield made


def _build(foundry: Foundry, *arguments: str, code: int = 0) -> Any:
    return json.loads(foundry.cli("build", *arguments, "--json", code=code))


def _index(told: Any) -> Any:
    return next(each for each in told["indexes"] if each["name"] == NAME)


def _members(foundry: Foundry, tag: str) -> dict[str, str]:
    """Architecture and variant → digest, of an index of Debian's own images."""
    repository = foundry.server.repository("balenalib/debian")
    rows = json.loads(repository.manifests[repository.tags[tag]][1])["manifests"]
    return {row["platform"]["architecture"] + row["platform"].get("variant", ""): row["digest"] for row in rows}


def _leads(foundry: Foundry, arch: str, tag: str) -> str:
    return foundry.digests(f"balenalib/{arch}-debian")[tag]


def test_an_index_and_its_members_have_one_date_though_one_alone_was_made_anew(foundry: Foundry) -> None:
    """What was not touched is the same image, and gets the name of the day as well."""
    foundry.edit(RUN.format("amd64"), "LABEL mended=yes\n")
    foundry.world.day(OLDER[2] + timedelta(days=1))
    told = _index(_build(foundry, "amd64-debian:trixie-run"))
    assert (told["missing"], told["waits"]) == ([], [])
    members = _members(foundry, "trixie-run-20241102")
    assert members["amd64"] == _leads(foundry, "amd64", "trixie-run-20241102")
    assert members["amd64"] != _leads(foundry, "amd64", "trixie-run-20241101")
    assert members["arm64"] == _leads(foundry, "aarch64", "trixie-run-20241102")
    assert members["arm64"] == _leads(foundry, "aarch64", "trixie-run-20241101")


def test_an_image_that_would_be_made_anew_is_not_mixed_in(foundry: Foundry) -> None:
    """All architectures changed and one was built by hand: the program is told which are missing."""
    before = foundry.digests("balenalib/debian")["trixie-run"]
    foundry.edit(SCRIPT, "# changed\n")
    foundry.world.day(OLDER[2] + timedelta(days=1))
    told = _index(_build(foundry, "amd64-debian:trixie-run"))
    assert told["required"] == ["balenalib/aarch64-debian:trixie-run"]
    assert set(told["missing"]) == {*told["required"], "balenalib/armv7hf-debian:trixie-run"}
    assert told["digest"] == ""
    assert foundry.digests("balenalib/debian")["trixie-run"] == before
    assert "waits    balenalib/debian:trixie-run" in foundry.cli("build", "amd64-debian:trixie-run")
    (held,) = (each for each in json.loads(foundry.cli("status", "--json"))["indexes"] if each["name"] == NAME)
    assert held["until"] is None
    assert {each["name"]: each["command"] for each in held["missing"]} == {
        name: f"watcher build {name}" for name in told["missing"]
    }
    assert f"index waits: {NAME}\n" in foundry.cli("status")
    told = _index(_build(foundry, "--all-stale"))
    assert told["missing"] == []
    assert len(_members(foundry, "trixie-run")) == 3
    assert json.loads(foundry.cli("status", "--json"))["indexes"] == []


def test_an_architecture_that_fails_for_good_holds_the_others_back_for_so_long_only(foundry: Foundry) -> None:
    """Nothing is made any more when its time is over: the next run lets the names go on, and says without whom."""
    foundry.edit(SCRIPT, "# changed\n")
    foundry.forge.broken = {"armv7hf/debian/trixie"}
    at = OLDER[2] + timedelta(days=1)
    foundry.world.day(at)
    told = _index(_build(foundry, "--all-stale", code=1))
    assert told["missing"] == ["balenalib/armv7hf-debian:trixie-run"]
    assert told["until"] == (at + timedelta(hours=72)).isoformat()
    assert _members(foundry, "trixie-run")["amd64"] == _leads(foundry, "amd64", "trixie-run-20241101")
    held = next(each for each in json.loads(foundry.cli("status", "--json"))["indexes"] if each["name"] == NAME)
    assert held["until"] == told["until"]
    assert [(each["name"], each["command"]) for each in held["missing"]] == [(told["missing"][0], None)]
    assert held["missing"][0]["why"].startswith("failed: ")
    for hours in (1, 2, 71):
        foundry.world.day(at + timedelta(hours=hours))
        foundry.work()
    assert _members(foundry, "trixie-run")["amd64"] == _leads(foundry, "amd64", "trixie-run-20241101")
    foundry.world.day(at + timedelta(hours=73))
    said = foundry.cli("build")
    assert "without  balenalib/debian:trixie-run, of all architectures: balenalib/armv7hf-debian:trixie-run" in said
    members = _members(foundry, "trixie-run")
    assert set(members) == {"amd64", "arm64"}
    assert members["amd64"] == _leads(foundry, "amd64", "trixie-run")
    assert foundry.work().indexes == []
