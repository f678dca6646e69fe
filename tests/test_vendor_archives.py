"""Archives of device vendors, end to end: from a signed head to device images that are built anew."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from tests.distro_world import DAY, DistroWorld
from tests.sources.signed_suites import sign
from tests.upstream.layout import write

RECORD = "catalogue/releases/debian/bookworm.json"
HEAD = "archive.raspberrypi.com/debian/dists/bookworm/InRelease"
CLASS = "balena-base-images/device-base/raspberrypi3/debian/bookworm/run/Dockerfile"


def moved(world: DistroWorld, version: str, days: int = 8) -> None:
    """Some days later the vendor's archive has another version of what our images have from it."""
    world.raspi, world.vended = version, "Sat, 28 Nov 2026 10:00:00 UTC"
    world.serve()
    world.day(DAY + timedelta(days=days))


def test_the_first_look_records_what_device_images_have_from_their_vendor(fresh_distro: DistroWorld) -> None:
    """The state is recorded with its line, and stands in the class's Dockerfile."""
    [pull] = fresh_distro.look().pulls
    [archive] = json.loads(fresh_distro.text(RECORD, pull.branch))["archives"]
    assert archive["packages"] == {"raspi-utils": "20261103-1"}
    assert (archive["name"], archive["snapshot"]) == ("raspberrypi", "20261120T100000Z")


def test_a_vendor_s_newer_package_is_a_pull_request_of_its_own(distro: DistroWorld) -> None:
    """The record and the Dockerfiles of the classes that install from there change; nothing else."""
    moved(distro, "20261127-1")
    pulls = {pull.line: pull for pull in distro.look().pulls}
    assert set(pulls) == {"bookworm", "trixie"}
    pull = pulls["bookworm"]
    assert (pull.title, pull.branch) == (
        "debian: device packages of bookworm (raspberrypi)",
        "watcher/devices/debian-bookworm",
    )
    told = distro.pull(pull.number)
    assert "- raspi-utils 20261103-1 -> 20261127-1" in told.body
    assert "as of `20261128T100000Z`, signed by" in told.body
    assert {"packages", "devices"} <= set(told.labels)
    assert distro.look().pulls == []  # proposed once
    distro.decide("merge", pull.number)
    distro.consistent()
    changed = distro.git("diff", "--name-only", "main^1", "main").splitlines()
    assert CLASS in changed
    assert all("/device-base/" in path or path == RECORD for path in changed)
    assert "ARG VENDOR_PACKAGES=20261128T100000Z\n" in distro.text(CLASS)
    assert "CF8A1AF5" not in distro.text(CLASS)
    assert distro.vendor.fingerprint in distro.text(CLASS)


def test_what_a_maintainer_closed_is_not_proposed_again_and_the_next_version_is(distro: DistroWorld) -> None:
    """A closed pull request refuses these versions."""
    moved(distro, "20261127-1")
    for pull in distro.look().pulls:
        distro.decide("close", pull.number)
    assert distro.look().pulls == []
    moved(distro, "20261205-1", days=16)
    distro.vended = "Sun, 06 Dec 2026 10:00:00 UTC"
    distro.serve()
    assert len(distro.look().pulls) == 2


@pytest.mark.parametrize(("version", "days"), [("20261103-1", 8), ("20261127-1", 3)])
def test_what_nobody_installs_and_what_was_just_proposed_waits(distro: DistroWorld, version: str, days: int) -> None:
    """An archive moves every day: only packages of ours count, and those once a week."""
    moved(distro, version, days)
    assert distro.look().pulls == []


def test_an_older_state_is_not_gone_back_to(distro: DistroWorld) -> None:
    """A mirror that lags, or was made to, brings no downgrade."""
    moved(distro, "20261001-1")
    distro.vended = "Thu, 01 Oct 2026 10:00:00 UTC"
    distro.serve()
    assert distro.look().pulls == []


def test_a_head_that_the_catalogue_s_key_did_not_sign_is_refused(distro: DistroWorld) -> None:
    """The failure names the archive; what is recorded stays, and the distro itself is looked at."""
    moved(distro, "20261127-1")
    text = f"Origin: x\nDate: {distro.vended}\nSHA256:\n {'0' * 64} 1 main/binary-armhf/Packages.gz\n"
    write(distro.served / HEAD, sign(text, distro.signer, when=DAY))
    found = distro.look()
    [failed] = found.failed
    assert failed.url == f"https://{HEAD}"
    assert "unknown key" in failed.error
    assert [pull.line for pull in found.pulls] == ["trixie"]


def test_a_suite_that_went_away_is_told(distro: DistroWorld) -> None:
    """Its class could not be built any more: that is a failure, not silence."""
    distro.day(DAY + timedelta(days=8))
    distro.remove(HEAD)
    [failed] = distro.look().failed
    assert failed.url == f"https://{HEAD}"


def test_an_archive_without_our_packages_is_told(distro: DistroWorld) -> None:
    """A package that was renamed or dropped would fail the build."""
    distro.vends = "rpi-utils"
    moved(distro, "1")
    problem = "has none of the packages that device images have from it: raspi-utils"
    assert {failed.error for failed in distro.look().failed} == {problem}
