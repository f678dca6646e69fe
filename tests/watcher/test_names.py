"""matrix, resolve and tags, as people and programs ask."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from generator import catalogue
from state.store import Published
from tests.generator.family import family, files
from tests.world import NEWER, World
from watcher.app import App
from watcher.cli import cli

Call = Callable[..., Result]
DIGEST = f"sha256:{'a' * 64}"
OTHER = f"sha256:{'b' * 64}"


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Commands in a checkout of an images repository with two lines of Node."""
    rows = family(["raspberrypi3", "raspberry-pi", "iot2000"], ["22", "24"])
    given = {path: data.decode() for path, data in files(["raspberrypi3", "raspberry-pi", "iot2000"]).items()}
    given |= {catalogue.release_path(s, line): catalogue.dump_release(r) for (s, line), r in rows.releases.items()}
    for path, text in given.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    monkeypatch.chdir(tmp_path)
    return _call


def _call(*arguments: str, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, arguments)
    assert done.exit_code == code, done.output
    return done


def _document(*arguments: str, code: int = 0) -> Any:
    return json.loads(_call(*arguments, "--json", code=code).stdout)


def test_the_matrix_is_a_document_of_every_cell(call: Call) -> None:
    """Each with the promised keys; without devices there are architectures only."""
    cells = json.loads(call("matrix", "--json").stdout)
    keys = {"name", "hw", "distro", "distro_version", "stack", "stack_version", "variant", "present", "reason"}
    assert all(set(cell) == keys for cell in cells)
    by = {cell["name"]: cell for cell in cells}
    assert by["balenalib/raspberrypi3-debian-node:22.23.2-bookworm-build"]["present"] is True
    absent = by["balenalib/raspberrypi3-debian-node:24.8.1-bookworm-build"]
    assert (absent["present"], absent["reason"]) == (False, "Node.js stopped publishing armv7l binaries with 24")
    assert by["balenalib/amd64-debian-python:latest-trixie-run"]["reason"] == "no release yet: watcher sync python"
    alone = json.loads(call("matrix", "--json", "--arch-only").stdout)
    assert {cell["hw"] for cell in alone} == {"amd64", "aarch64", "armv7hf", "rpi", "armv5e", "i386", "i386-nlp"}


@pytest.mark.parametrize(
    ("filters", "field", "values"),
    [
        ("--arch rpi", "hw", {"rpi", "raspberry-pi"}),
        ("--arch armv6", "hw", {"rpi", "raspberry-pi"}),
        ("--hw armv6", "hw", {"rpi"}),
        ("--distro alpine", "distro", {"alpine"}),
        ("--distro-version trixie", "distro", {"debian", "raspbian"}),
        ("--stack node", "stack_version", {"22.23.2", "24.8.1"}),
        ("--stack go", "stack", {"golang"}),
        ("--stack none", "stack", {None}),
        ("--variant build", "variant", {"build"}),
    ],
)
def test_the_matrix_is_filtered(call: Call, filters: str, field: str, values: set[object]) -> None:
    """By every part of a name, in the words that people use."""
    cells = json.loads(call("matrix", "--json", *filters.split()).stdout)
    assert {cell[field] for cell in cells} == values


@pytest.mark.parametrize("filters", ["--hw raspberypi3", "--arch x86", "--distro debain", "--stack nodejs"])
def test_a_filter_that_nothing_is_called_is_refused(call: Call, filters: str) -> None:
    """An empty matrix would look like an answer."""
    assert "there is no" in call("matrix", *filters.split(), code=2).stderr


def test_people_see_a_table_with_reasons(call: Call) -> None:
    """Architectures side by side, lines that are alike in one row, each reason once, and the counts."""
    shown = call("matrix").stdout
    head = shown.splitlines()[0].split()
    assert head == ["distro", "versions", "stack", "lines", "amd64", "aarch64", "armv7hf", "rpi", "armv5e", "i386"]
    assert shown.count("Node.js stopped publishing armv7l binaries with 24") == 1
    assert shown.count("no release yet: watcher sync python") == 1
    assert " images, " in shown.splitlines()[-1]
    one = call("matrix", "--hw", "raspberrypi3", "--distro", "debian", "--stack", "node").stdout
    assert one.splitlines()[0].split()[-1] == "raspberrypi3"


def test_one_image_is_explained(call: Call) -> None:
    """Why it exists, or why not and what is near."""
    told = call("matrix", "--explain", "raspberrypi3-node:22").stdout
    assert "because Node.js 22.23.2 for armv7hf/glibc is https://nodejs.org/" in told
    wrong = call("matrix", "--explain", "raspberrypi3-node:24", code=1).stdout
    assert "Node.js stopped publishing armv7l binaries with 24" in wrong
    assert "balenalib/raspberrypi3-debian-node:22-trixie-run" in wrong
    assert "because" in json.loads(call("matrix", "--explain", "rpi", "--json").stdout)


def test_a_resolved_name_is_a_document(call: Call) -> None:
    """The keys are those that other tools rely on; nothing is known of the registry in a checkout."""
    found = json.loads(call("resolve", "balenalib/raspberrypi3-node:22", "--json").stdout)
    assert found == {
        "name": "balenalib/raspberrypi3-debian-node:22.23.2-trixie-run",
        "hw": "raspberrypi3",
        "alias": None,
        "arch": "armv7hf",
        "distro": "debian",
        "distro_version": "trixie",
        "stack": "node",
        "stack_version": "22.23.2",
        "variant": "run",
        "date": None,
        "defaulted": ["distro", "distro_version", "variant"],
        "dockerfile": "balena-base-images/node/armv7hf/debian/trixie/22/run/Dockerfile",
        "exists": True,
        "digest": None,
        "suggestions": [],
        "chain": [
            "balenalib/raspberrypi3-debian:trixie-run",
            "balenalib/armv7hf-debian:trixie-run",
            "docker.io/arm32v7/debian:trixie-slim",
        ],
        "members": [],
        "reason": None,
        "dated": [],
        "frozen_since": None,
    }
    wrong = json.loads(call("resolve", "raspberrypi3-node:10.18", "--json", code=1).stdout)
    assert (wrong["exists"], wrong["dockerfile"]) == (False, None)
    assert wrong["suggestions"][0] == "balenalib/raspberrypi3-debian-node:22-trixie-run"


def test_people_are_told_what_was_left_out(call: Call) -> None:
    """One part on each line."""
    told = call("resolve", "%%BALENA_ARCH%%-node", "--device", "raspberry-pi").stdout
    assert told.startswith("balenalib/rpi-raspbian-node:22.23.2-trixie-run\n")
    assert "stack version   22.23.2  (left out: the default)" in told
    assert "balenalib/rpi-raspbian-rootfs:trixie" in told
    assert "a device: --device SLUG" in call("resolve", "%%BALENA_ARCH%%", code=2).stderr
    assert "no such image: the hardware is missing" in call("resolve", "raspbian-node", code=1).stdout


def test_all_names_of_an_image(call: Call) -> None:
    """The canonical one first; each leads back to the image."""
    names = json.loads(call("tags", "rpi-node:22-build", "--json").stdout)
    assert names[0] == "balenalib/rpi-raspbian-node:22.23.2-trixie-build"
    assert "balenalib/rpi-node:latest-13-build" in names
    for name in names[:: len(names) // 5]:
        assert json.loads(call("resolve", name, "--json").stdout)["name"] == names[0]
    wrong = call("tags", "rpi-node:24", code=1)
    assert "the nearest: balenalib/rpi-raspbian-node:22-trixie-run" in wrong.stderr
    assert json.loads(call("tags", "rpi-node:24", "--json", code=1).stdout) == []


def _publish(app: App, *rows: tuple[str, str]) -> None:
    name = "balenalib/amd64-debian-node"
    app.store.ledger.add([Published(name, tag, digest, app.now(), tag[-8:].isdigit()) for tag, digest in rows])


def test_what_was_pushed_is_told_with_its_digest_and_dates(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Digest and dated names are the ledger's; a dated name exists if it was published."""
    world.only("22.11.0")
    world.sync()
    world.decide("merge", 1)
    stem = "22.11.0-trixie-run"

    async def job(app: App) -> None:
        _publish(app, (stem, DIGEST), (f"{stem}-20241101", DIGEST), (f"{stem}-20241028", OTHER))

    world.run(job)
    monkeypatch.chdir(world.folder / "ws")
    found = _document("resolve", "amd64-node:22")
    assert found["digest"] == DIGEST
    assert found["dated"] == [f"balenalib/amd64-debian-node:{stem}-{day}" for day in ("20241101", "20241028")]
    assert _document("tags", "amd64-node")[-2:] == found["dated"]
    dated = _document("resolve", "amd64-node:22-20241028")
    assert (dated["digest"], dated["date"], dated["exists"]) == (OTHER, "20241028", True)
    never = _document("resolve", "amd64-node:22-20241030", code=1)
    assert (never["exists"], never["reason"]) == (False, "no build of 20241030 is known")
    assert DIGEST in _call("resolve", "amd64-node:22").stdout


def test_a_name_that_no_longer_moves_is_told_since_when(proposed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """22.11.0 froze when the pull request that brought 22.23.2 was merged; what was pushed of it stays."""
    proposed.decide("merge", 2)
    monkeypatch.chdir(proposed.folder / "ws")
    gone = _document("resolve", "amd64-node:22.11.0-bookworm", code=1)
    assert gone["frozen_since"][:10] == f"{NEWER[2]:%Y-%m-%d}"
    assert gone["reason"] == "Node.js 22 is at 22.23.2: names of 22.11.0 no longer move"

    async def job(app: App) -> None:
        _publish(app, ("22.11.0-bookworm-run", OTHER))

    proposed.run(job)
    there = _document("resolve", "amd64-node:22.11.0-bookworm")
    assert (there["exists"], there["digest"]) == (True, OTHER)
    assert "frozen since" in _call("resolve", "amd64-node:22.11.0-bookworm").stdout


def test_an_index_has_a_name_too(call: Call) -> None:
    """Without hardware a name is that of all architectures: its members have one version, and it has its own names."""
    told = _document("resolve", "balenalib/debian-node:22")
    assert (told["name"], told["exists"]) == ("balenalib/debian-node:22.23.2-trixie-run", True)
    assert (told["hw"], told["arch"], told["dockerfile"]) == (None, None, None)
    assert told["defaulted"] == ["distro_version", "variant"]
    assert told["members"] == [
        f"balenalib/{hw}:22.23.2-trixie-run"
        for hw in ("amd64-debian-node", "aarch64-debian-node", "armv7hf-debian-node", "rpi-raspbian-node")
    ]
    assert "members" in call("resolve", "debian-node:22").stdout
    names = _document("tags", "debian-node:22")
    assert {"balenalib/debian-node:22", told["name"]} <= set(names)
    assert all(name.startswith("balenalib/debian-node:") for name in names)
    assert _document("resolve", "debian")["name"] == "balenalib/debian:trixie-run"


def test_an_index_that_there_is_not_is_told(call: Call) -> None:
    """A wrong tag has its nearest; a stack without releases says so; another namespace is no index of ours."""
    told = _document("resolve", "debian-node:22.23.9-trixie-run", code=1)
    assert "no index" in told["reason"]
    assert told["suggestions"][0] == "balenalib/debian-node:22.23.2-trixie-run"
    assert _document("resolve", "debian-python", code=1)["reason"] == "no release yet: watcher sync python"
    assert _document("resolve", "library/debian", code=1)["members"] == []
    assert call("tags", "debian-node:9", code=1).stdout == ""


def test_an_index_is_looked_up_in_the_ledger(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its digest and dated names are its own."""
    row = Published("balenalib/debian", "trixie-run", DIGEST, NEWER[2], dated=False)

    async def push(app: App) -> None:
        app.store.ledger.add([row, replace(row, tag="trixie-run-20241101", dated=True)])

    world.run(push)
    monkeypatch.chdir(world.folder / "ws")
    told = _document("resolve", "debian:latest")
    assert (told["digest"], told["dated"]) == (DIGEST, ["balenalib/debian:trixie-run-20241101"])
    assert _document("resolve", "debian:trixie-run-20241101")["exists"]
    assert not _document("resolve", "debian:trixie-run-20231101", code=1)["exists"]
