"""The family as bake files: all of it, in an order in which it can be built."""

from __future__ import annotations

import json
import re

import pytest

from generator import bake, matrix
from generator.bake import LIMIT, Shard
from generator.names import canonical
from generator.rows import Catalogue
from generator.tags import Names
from tests.generator.family import family

DEVICES = ("raspberrypi3", "raspberry-pi", "intel-nuc", "up-core")


@pytest.fixture(scope="module")
def rows() -> Catalogue:
    """Four devices and two lines of Node."""
    return family(DEVICES, ["22", "24"])


def _baked(rows: Catalogue, host: str = "", limit: int = LIMIT) -> list[Shard]:
    named = Names(rows)
    return list(bake.shards(rows, matrix.images(rows), host, named.tags, {"made": "by us"}))


def test_every_image_is_a_target_of_one_file(rows: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file has more than the limit, no name is one that bake refuses, none is there twice."""
    for limit in (LIMIT, 7):
        monkeypatch.setattr(bake, "LIMIT", limit)
        made = _baked(rows)
        assert max(len(shard.targets) for shard in made) <= limit
        assert [name for shard in made for name in shard.images] != []
        assert {name for shard in made for name in shard.images} == {canonical(rows, i) for i in matrix.images(rows)}
        targets = [target for shard in made for target in shard.targets]
        assert len(targets) == len(set(targets)) == len(matrix.images(rows))
        assert all(re.fullmatch(r"[A-Za-z0-9_-]+", target) for target in targets)


def test_what_an_image_stands_on_is_in_its_file_or_in_an_earlier_one(
    rows: Catalogue, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An earlier file is named as such; the Dockerfile's arguments say the same name as the context."""
    monkeypatch.setattr(bake, "LIMIT", 7)
    seen: dict[str, int] = {}
    for shard in _baked(rows, "registry.example"):
        for row in shard.targets.values():
            names = set(row.get("args", {}).values()) | set(re.findall(r"FROM (\S+)", row.get("dockerfile-inline", "")))
            for name in names:
                whole = name.removeprefix("registry.example/")
                if whole in shard.images:
                    assert row["contexts"][name] == f"target:{shard.images[whole]}"
                else:
                    assert seen[whole] in shard.after
                    assert name not in row.get("contexts", {})
        seen |= dict.fromkeys(shard.images, shard.number)
        assert all(number < shard.number for number in shard.after)


def test_a_target_says_all_that_a_build_needs(rows: Catalogue) -> None:
    """Platform, Dockerfile within the context, names, labels, no attestation; a device adds a label to its class."""
    targets = {name: row for shard in _baked(rows) for name, row in shard.targets.items()}
    row = targets["raspberrypi3-debian-node_22-23-2-bookworm-build"]
    assert row["platforms"] == ["linux/arm/v7"]
    assert row["dockerfile"] == "node/armv7hf/debian/bookworm/22/build/Dockerfile"
    assert row["args"]["BASE"] == "balenalib/raspberrypi3-debian:bookworm-build"
    assert row["args"]["FETCH_BASE"] == "balenalib/armv7hf-debian:bookworm-run"
    assert "balenalib/raspberrypi3-debian-node:22.23.2-bookworm-build" in row["tags"]
    assert row["attest"] == ["type=provenance,disabled=true", "type=sbom,disabled=true"]
    device = targets["intel-nuc-debian_bookworm-run"]
    assert device["labels"] == {"made": "by us", "io.balena.device-type": "intel-nuc"}
    assert "dockerfile" not in device
    assert "args" not in targets["amd64-debian_bookworm-run"]
    assert json.loads(json.dumps(_baked(rows)[0].document()))["group"]["default"]["targets"]


def test_chosen_images_come_with_what_they_need(rows: Catalogue) -> None:
    """Their bases up to the distro's; with dependants also what stands on them, and nothing else."""
    by = {canonical(rows, image): image for image in matrix.images(rows)}
    wanted = by["balenalib/intel-nuc-debian-node:22.23.2-bookworm-run"]
    alone = [canonical(rows, image) for image in bake.chosen(rows, [wanted], dependants=False)]
    assert alone[0] == "balenalib/amd64-debian:bookworm-run"
    assert alone[-1] == canonical(rows, wanted)
    assert all("bookworm-run" in name for name in alone)
    root = by["balenalib/amd64-debian:bookworm-build"]
    below = {canonical(rows, image) for image in bake.chosen(rows, [root], dependants=True)}
    assert "balenalib/intel-nuc-debian-node:24.8.1-bookworm-build" in below
    assert not any("trixie" in name or "armv7hf" in name for name in below)
