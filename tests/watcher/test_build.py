"""``watcher build`` and ``watcher builds`` as programs and people rely on them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.foundry import Foundry
from tests.world import NEWER

pytestmark = pytest.mark.slow

NAME = "balenalib/amd64-debian-node:22.11.0-trixie-run"


def document(foundry: Foundry, *arguments: str, code: int = 0) -> Any:
    """What a command prints as JSON."""
    return json.loads(foundry.cli(*arguments, "--json", code=code))


def test_the_document_names_what_was_made_and_every_name(foundry: Foundry) -> None:
    """Shapes are those that were promised; a second time all of it is there already."""
    found = document(foundry, "build", "--pull", "1")
    keys = {"built", "cached", "relabelled", "failed", "blocked", "waiting", "tags", "indexes", "sizes"}
    assert set(found) == keys
    assert {frozenset(each) for each in found["built"] + found["relabelled"]} == {
        frozenset({"name", "digest", "seconds"})
    }
    assert {frozenset(each) for each in found["tags"]} == {frozenset({"ref", "digest", "action"})}
    assert {each["action"] for each in found["tags"]} == {"written"}
    ref = f"{foundry.server.host}/{NAME}-20241101"
    digest = next(each["digest"] for each in found["built"] if each["name"] == NAME)
    assert {"ref": ref, "digest": digest, "action": "written"} in found["tags"]
    plan = document(foundry, "build", "--pull", "1", "--dry-run")["images"]
    assert {each["kind"] for each in plan} == {"cached"}
    stale = foundry.cli("build", "--all-stale", "--dry-run")
    assert "0 builds" in stale
    again = document(foundry, "build", NAME)
    assert (again["built"], {each["action"] for each in again["tags"]}) == ([], {"kept"})
    assert {each["name"] for each in again["cached"]} == {NAME}


def test_a_dry_run_says_why_and_makes_nothing(foundry: Foundry) -> None:
    """By a name: the image and all that stands on it, each with its reason."""
    told = foundry.cli("build", "amd64-debian:trixie-run", "--dry-run", "--all")
    assert "because of asked for by name" in told
    assert "relabel  linux/amd64   balenalib/intel-nuc-debian:trixie-run" in told
    assert NAME in told
    assert foundry.forge.made == []
    stale = foundry.cli("build", "--all-stale", "--dry-run")
    assert "because of not in the registry yet" in stale
    assert "because of node: asked for" in foundry.cli("build", "--source", "node", "--dry-run")
    assert "up-board" in foundry.cli("build", "up-bord-debian", "--dry-run", code=2)


def test_a_dry_run_has_what_is_made_first(foundry: Foundry) -> None:
    """What an image stands on and nobody has is built before it, as the run then does; with reasons and counts."""
    device, under = "balenalib/intel-nuc-debian:trixie-run", "balenalib/amd64-debian:trixie-run"
    plan = document(foundry, "build", device, "--dry-run")
    names = [each["name"] for each in plan["images"]]
    assert (names[0], names[-1]) == (under, device)
    assert {each["name"]: each["reason"] for each in plan["images"]} == {
        under: f"asked for by name: {device} stands on it: {names[1]} stands on it",
        names[1]: f"asked for by name: {device} stands on it",
        device: "asked for by name",
    }
    assert plan["counts"] == {
        "build": 2,
        "cached": 0,
        "relabel": 1,
        "tags": sum(len(e["tags"]) for e in plan["images"]),
    }
    assert "2 builds, 0 made of the same before, 1 relabels" in foundry.cli("build", device, "--dry-run")
    made = document(foundry, "build", device)
    assert set(names) <= {each["name"] for each in made["built"] + made["relabelled"]}
    again = document(foundry, "build", device, "--dry-run")
    assert [each["name"] for each in again["images"]] == [device]
    assert again["counts"] == {"build": 0, "cached": 1, "relabel": 0, "tags": 0}


def test_all_that_is_stale_is_what_changed_and_what_stands_on_it(foundry: Foundry) -> None:
    """A script that images copy is part of them, though no Dockerfile names its content."""
    foundry.cli("build")
    before = foundry.digests("balenalib/amd64-debian")["run"]
    foundry.edit("balena-base-images/scripts/balena-idle", "# changed\n")
    found = document(foundry, "build", "--all-stale")
    assert "balenalib/amd64-debian:trixie-run" in {each["name"] for each in found["built"]}
    assert len(found["built"]) + len(found["relabelled"]) == 16
    assert foundry.digests("balenalib/amd64-debian")["run"] != before
    assert foundry.cli("build", "--all-stale").endswith("0 refused\n")
    assert document(foundry, "build", "--all-stale")["built"] == []


def test_what_failed_is_told_with_its_step_and_its_log(foundry: Foundry) -> None:
    """The list, one build, and the log of its last try; asking again by hand tries it at once."""
    foundry.forge.broken = {"amd64/debian/trixie/run"}
    found = document(foundry, "build", code=1)
    failed = next(each for each in found["failed"] if each["name"] == "balenalib/amd64-debian:trixie-run")
    assert failed["step"] == "RUN install_packages curl"
    assert {
        "name": "balenalib/amd64-debian:trixie-build",
        "reason": "balenalib/amd64-debian:trixie-run failed",
    } in found["blocked"]
    listed = document(foundry, "builds", "--state", "failed")
    number = str(next(each["id"] for each in listed if each["name"] == failed["name"]))
    assert "no such package: curl" in foundry.cli("builds", "show", number)
    assert "FROM upstream" in foundry.cli("builds", "log", number)
    assert "RUN install_packages curl" in foundry.cli("builds")
    assert "RUN install_packages curl" in foundry.cli("status")
    assert foundry.cli("build").startswith("0 built")
    foundry.forge.broken = set()
    assert failed["name"] in {each["name"] for each in document(foundry, "build", "--pull", "1")["built"]}
    assert "no build 9999" in foundry.cli("builds", "show", "9999", code=1)


def test_only_what_is_merged_is_built_by_hand(foundry: Foundry) -> None:
    """An open pull request can be looked at."""
    foundry.world.publish(NEWER)
    foundry.world.only("22.23.2", "22.11.0")
    foundry.world.sync()
    assert "node 22.23.2" in foundry.cli("build", "--pull", "2", "--dry-run")
    assert "#2 is not merged" in foundry.cli("build", "--pull", "2", code=1)
