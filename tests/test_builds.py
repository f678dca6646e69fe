"""From a merged pull request to names in a registry."""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from builder.oci import MANIFEST, Descriptor, digest_of, written
from state.store.contents import Content, Shift
from tests.foundry import Crash, Foundry
from tests.world import NEWER, OLDER
from watcher import planning
from watcher.app import App
from watcher.build_report import Report
from watcher.building import work

pytestmark = pytest.mark.slow

NODE = "balenalib/amd64-debian-node"


def test_a_merge_becomes_images_with_dated_and_moving_names(foundry: Foundry) -> None:
    """What they stand on is made first, though no pull request touched it; a second run does nothing."""
    report = foundry.work()
    assert (report.broken, report.blocked, report.stopped) == ([], [], "")
    names = [build.name for build in report.built]
    assert names.index("balenalib/amd64-debian:trixie-run") < names.index(f"{NODE}:22.11.0-trixie-run")
    tags = foundry.digests(NODE)
    assert tags["22"] == tags["latest"] == tags["22.11.0-trixie-run"] == tags["22.11.0-trixie-run-20241101"]
    assert foundry.open() == []
    asked = foundry.asked
    assert asked
    assert foundry.work().document() == {key: [] for key in report.document()}
    assert foundry.asked == 0


def test_what_an_image_of_a_distro_has_installed_is_kept(foundry: Foundry) -> None:
    """By it a fix of what came along with something else is known to be urgent."""
    foundry.work()

    async def job(app: App) -> frozenset[Content]:
        return app.store.builds.contents.of("debian", "trixie")

    curl = Content("curl", "curl", "8.14.1-2+deb13u1")
    assert foundry.run(job) == {curl, Content("libcurl4t64", "curl", "8.14.1-2")}


def test_the_packages_of_an_image_are_known_whoever_made_it(foundry: Foundry) -> None:
    """Of one that was built, of a device, which is its class image, and of one that was in the registry already."""
    foundry.settings("[trust]\nprovenance = false\n")
    first = foundry.work()
    foundry.cli("build", f"{NODE}:22.11.0-trixie-run")

    async def job(app: App) -> tuple[set[str], Sequence[Shift] | None]:
        made = app.store.builds.newest(1000, ("pushed", "tagged"))
        assert {(build.kind, build.cached) for build in made} == {("build", False), ("build", True), ("relabel", False)}
        digests = made[0].digest, first.built[0].digest
        assert digests[0] != digests[1]
        return {build.packages for build in made}, app.store.builds.contents.shifts([digests])[digests]

    listings, shifts = foundry.run(job)
    assert len(listings) == 1
    assert "" not in listings
    assert shifts == []


def test_devices_are_their_class_with_a_label(foundry: Foundry) -> None:
    """No build and no layer: the class's layers, the device's label, its own names."""
    report = foundry.work()
    assert [build.hw for build in report.relabelled] == ["intel-nuc"] * 2
    made = {build.name: build for build in (*report.built, *report.relabelled)}
    device = made["balenalib/intel-nuc-debian-node:22.11.0-trixie-run"]
    klass = made["balenalib/generic-amd64-debian-node:22.11.0-trixie-run"]
    layers = [foundry.manifest(build).layers for build in (device, klass)]
    assert layers[0] == layers[1]
    labels = foundry.labels(device)
    assert labels["io.balena.device-type"] == "intel-nuc"
    assert labels["org.opencontainers.image.base.digest"] == klass.digest
    assert foundry.digests("balenalib/intel-nuc-node")["22"] == device.digest


def test_a_newer_release_moves_the_moving_names_and_no_dated_one(foundry: Foundry) -> None:
    """What is not touched is not built; the older version keeps the names that only it has."""
    foundry.work()
    before, built = dict(foundry.digests(NODE)), len(foundry.forge.made)
    foundry.world.publish(NEWER)
    foundry.world.only("22.23.2", "22.11.0")
    number = next(p["number"] for p in foundry.world.sync()["pulls"] if p["new"] == "22.23.2")
    foundry.world.decide("merge", number)
    report = foundry.work()
    assert {build.reason for build in report.built} == {"node 22.23.2"}
    assert len(foundry.forge.made) - built == len(report.built) == 6
    after = foundry.digests(NODE)
    assert after["22"] == after["22.23.2-trixie-run-20260810"] != before["22"]
    for name in ("22.11.0-trixie-run", "22.11.0-trixie-run-20241101"):
        assert after[name] == before[name]
    kept = {tag.ref.partition("/")[2] for tag in report.tags if tag.action != "written"}
    assert not kept


def test_what_takes_longest_is_begun_first(foundry: Foundry) -> None:
    """As far as earlier builds tell: a long one that is left for the end has all others wait for it."""
    foundry.work()

    async def spent(app: App) -> None:
        rows = app.store.builds.newest(1000, ("tagged",))
        app.store.builds.save(replace(row, seconds=900.0 if row.name.endswith("-build") else 9.0) for row in rows)

    foundry.run(spent)
    foundry.forge.made.clear()
    foundry.jobs = 1  # of two at once the second may come to the engine first
    foundry.world.publish(NEWER)
    foundry.world.only("22.23.2")
    foundry.world.decide("merge", foundry.world.sync()["pulls"][0]["number"])
    foundry.work()
    variants = [place.rpartition("/")[2] for place in foundry.forge.made]
    assert variants == sorted(variants)
    assert set(variants) == {"build", "run"}


def test_a_second_image_of_one_day_gets_a_number_that_all_its_names_share(foundry: Foundry) -> None:
    """Also where every name has a date: none of the first image's is written again."""
    foundry.edit("catalogue/family.toml", 'date_aliases = "all"', 'date_aliases = "canonical"')
    foundry.work()
    first = {name: digest for name, digest in foundry.tags().items() if "-20241101" in name}
    assert not [name for name in first if name.endswith(".1")]
    foundry.edit("balena-base-images/amd64/debian/trixie/run/Dockerfile", "LABEL mended=yes\n")
    report = foundry.run(_by_hand)
    again = {name: digest for name, digest in foundry.tags().items() if "-20241101" in name}
    assert {name: again[name] for name in first} == first
    image = next(build for build in report.built if build.name == "balenalib/amd64-debian:trixie-run")
    assert image.dated == "20241101.1"
    mine = {name for name, digest in again.items() if digest == image.digest}
    of_first = {name for name in first if first[name] == first["balenalib/amd64-debian:trixie-run-20241101"]}
    assert mine == {f"{name}.1" for name in of_first}
    assert {"balenalib/amd64:latest-20241101.1", "balenalib/amd64-debian:run-20241101.1"} <= mine


async def _by_hand(app: App) -> Report:
    await planning.ask(app, await planning.by_names(app, ["amd64-debian:trixie-run"]))
    return await work(app)


def test_a_failure_holds_back_only_what_stands_on_it(foundry: Foundry) -> None:
    """Tried again at once, then left till later; the rest is named; a retry makes only what is missing."""
    foundry.forge.broken = {"device-base/generic-amd64"}
    report = foundry.work()
    failed = report.broken[0]
    assert [each.failures for each in report.broken] == [2, 2]
    assert failed.step == "RUN install_packages curl"
    assert "FROM" in foundry.log(failed).read_text()
    assert {build.hw for build in report.blocked} == {"generic-amd64", "intel-nuc"}
    assert "22" in foundry.digests(NODE)
    assert not foundry.digests("balenalib/generic-amd64-debian-node")
    assert foundry.work().built == []
    made = len(foundry.forge.made)
    foundry.forge.broken = set()
    foundry.world.day(OLDER[2] + timedelta(hours=1))
    report = foundry.work()
    assert len(foundry.forge.made) - made == len(report.built)
    assert {build.hw for build in (*report.built, *report.relabelled)} == {"generic-amd64", "intel-nuc"}
    assert "22" in foundry.digests("balenalib/intel-nuc-debian-node")
    assert foundry.open() == []


def test_three_failures_in_a_row_are_told_once_and_end_it(foundry: Foundry) -> None:
    """From then on a person decides; nothing is tried in the meantime."""
    foundry.forge.broken = {"debian/trixie"}
    for hours in (0, 1, 30, 300):
        foundry.world.day(OLDER[2] + timedelta(hours=hours))
        foundry.work()
    tried = [place for place in foundry.forge.made if place.endswith("amd64/debian/trixie/run")]
    assert len(tried) == 3
    told = foundry.events("BuildFailed")
    assert {(each["name"], each["stopped"]) for each in told} == {
        ("balenalib/amd64-debian:trixie-run", True),
    }
    assert len(told) == 1


def test_one_broken_thing_is_told_once_however_many_images_it_is_part_of(foundry: Foundry) -> None:
    """The Dockerfile of a stack is built on the architecture's image and on those of its classes, in both variants."""
    foundry.forge.broken = {"node/"}
    for hours in (0, 1):
        foundry.world.day(OLDER[2] + timedelta(hours=hours))
        foundry.work()
    [told] = foundry.events("BuildFailed")
    assert told["step"] == "RUN install_packages curl"
    [failing] = json.loads(foundry.cli("status", "--json"))["builds"]["failing"]
    assert failing["others"] == 5
    lines = foundry.cli("status").splitlines()
    assert [line.endswith(", and 5 more fail likewise") for line in lines if line.startswith("build failed")] == [True]
    listed = [line for line in foundry.cli("builds").splitlines() if " failed " in line]
    assert len(listed) == 1
    assert "5 more likewise: " in listed[0]
    foundry.edit("balena-base-images/amd64/debian/trixie/run/Dockerfile", "LABEL mended=yes\n")
    foundry.forge.broken = {"amd64/debian/trixie/run"}
    foundry.cli("build", "amd64-debian:trixie-run", code=1)
    foundry.world.day(OLDER[2] + timedelta(hours=3))
    foundry.work()
    assert len(foundry.events("BuildFailed")) == 2


def test_an_image_of_the_wrong_platform_gets_no_name(foundry: Foundry) -> None:
    """ARM images that said amd64 were a defect for years."""
    foundry.forge.platform = "linux/arm64"
    report = foundry.work()
    [failed] = report.broken
    assert (failed.name, failed.error) == (
        "balenalib/amd64-debian:trixie-run",
        "the image states linux/arm64, and must be linux/amd64",
    )
    assert not foundry.tags()


def test_a_busy_registry_is_waited_for_and_one_that_is_down_ends_the_run(foundry: Foundry) -> None:
    """Three refusals in a row: the others are not even tried, and the next run makes them."""
    foundry.server.faults = [429, 503]
    foundry.forge.then = lambda: foundry.server.faults.extend([500] * 1000)
    report = foundry.work()
    assert "HTTP 500" in report.broken[0].error
    assert len(foundry.forge.made) < 8
    foundry.world.day(OLDER[2] + timedelta(hours=2))
    foundry.server.faults = [500] * 100
    assert {"HTTP 500" in build.error for build in foundry.work().broken} == {True}
    foundry.server.faults.clear()
    foundry.forge.then = lambda: None
    foundry.world.day(OLDER[2] + timedelta(hours=40))
    report = foundry.work()
    assert (report.broken, report.stopped) == ([], "")
    assert foundry.open() == []


@pytest.mark.parametrize("step", [7, 60])
def test_a_crash_at_any_request_is_finished_by_the_next_run(foundry: Foundry, step: int) -> None:
    """Killed again and again, later each time: every image has its names once, and dated ones never move."""
    dated: dict[str, str] = {}
    for stop in itertools.count(step, step):  # each run is let go on a little further
        foundry.stop_at = stop
        try:
            report = foundry.work()
        except Crash:
            now = foundry.tags()
            assert {name: now[name] for name in dated} == dated
            dated = {name: digest for name, digest in now.items() if name.endswith("-20241101")}
            continue
        break
    assert (report.broken, foundry.open()) == ([], [])
    tags = foundry.tags()
    assert len({name for name in tags if name.endswith("-20241101")}) == len(set(tags.values()))
    assert not [name for name in tags if name.endswith(".1")]
    for name, digest in tags.items():
        if name.endswith("-20241101"):
            assert tags[name.removesuffix("-20241101")] == digest
    told = [f"{each['repository']}:{tag}" for each in foundry.events("ImageTagged") for tag in each["tags"]]
    indexes = ("balenalib/debian:", "balenalib/debian-node:")
    moving = [name for name in tags if not name.endswith("-20241101") and not name.startswith(indexes)]
    assert sorted(told) == sorted(moving)


def test_an_index_over_all_architectures_is_written_last(foundry: Foundry) -> None:
    """Moving and dated names without hardware; a crash before it is made good by the next run."""
    report = foundry.work()
    index = foundry.digests("balenalib/debian-node")
    assert index["22"] == index["latest"] == index["22.11.0-trixie-run-20241101"]
    assert index["22"] != foundry.digests(NODE)["22"]
    assert "balenalib/debian-node:22" in {tag.ref.partition("/")[2] for tag in report.names}


def test_moving_names_wait_until_an_image_has_soaked(foundry: Foundry) -> None:
    """The dated name is there at once; the plan's date stays."""
    foundry.settings('soak = "6h"')
    report = foundry.work()
    assert set(foundry.digests(NODE)) == {"22.11.0-trixie-run-20241101", "22.11.0-trixie-build-20241101"}
    assert foundry.work().tags == []
    foundry.world.day(OLDER[2] + timedelta(hours=6))
    foundry.work()
    assert foundry.digests(NODE)["latest"] == next(
        b.digest for b in report.built if b.name == f"{NODE}:22.11.0-trixie-run"
    )
    assert foundry.open() == []


def test_a_repository_of_somebody_else_is_not_written_to(foundry: Foundry) -> None:
    """The error says what takes it over; what does not touch it is made."""
    theirs = foundry.server.repository("balenalib/intel-nuc-debian-node")
    config = written({"config": {"Labels": {"io.balena.architecture": "amd64"}}})
    named = Descriptor("application/vnd.oci.image.config.v1+json", digest_of(config), len(config))
    manifest = written({"schemaVersion": 2, "mediaType": MANIFEST, "config": named.document(), "layers": []})
    theirs.blobs[named.digest], theirs.tags["22"] = config, digest_of(manifest)
    theirs.manifests[digest_of(manifest)] = (MANIFEST, manifest)
    report = foundry.work()
    assert {build.hw for build in report.broken} == {"intel-nuc"}
    assert all("[publish] adopt" in build.error for build in report.broken)
    assert set(theirs.tags) == {"22"}
    assert "22" in foundry.digests(NODE)


def test_an_image_that_was_built_late_takes_no_name_from_a_newer_one(foundry: Foundry) -> None:
    """Names that both have belong to the catalogue's newest; what only names the older one is written."""
    foundry.settings('soak = "6h"')
    foundry.work()
    foundry.world.publish(NEWER)
    foundry.world.only("22.23.2", "22.11.0")
    number = next(p["number"] for p in foundry.world.sync()["pulls"] if p["new"] == "22.23.2")
    foundry.world.decide("merge", number)
    foundry.world.day(NEWER[2])
    foundry.work()
    tags = foundry.digests(NODE)
    assert tags["22.11.0-trixie-run"] == tags["22.11.0-trixie-run-20241101"]
    assert "22" not in tags
    foundry.world.day(NEWER[2] + timedelta(hours=6))
    foundry.work()
    tags = foundry.digests(NODE)
    assert tags["22"] == tags["22.23.2-trixie-run-20260810"]
