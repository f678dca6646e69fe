"""Distros, end to end: from an archive and a registry to merged pull requests, as a maintainer sees them."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime

from tests.distro_world import DistroWorld, digest
from tests.upstream import Fault


def test_the_first_look_records_every_line_in_one_pull_request(fresh_distro: DistroWorld) -> None:
    """Point releases, support, digests and packages; rolling sid has digests only."""
    [pull] = fresh_distro.look().pulls
    assert (pull.title, pull.branch) == ("debian: record bookworm, trixie, sid", "watcher/debian/import")
    record = json.loads(fresh_distro.text("catalogue/releases/debian/bookworm.json", pull.branch))
    assert (record["version"], record["supported_until"], record["snapshot"]) == (
        "12.8",
        "2028-06-30",
        "20261121T005303Z",
    )
    assert [base["arch"] for base in record["bases"]] == ["aarch64", "amd64", "armv7hf", "i386"]
    assert record["bases"][1]["digest"] == digest("docker.io/library/debian:bookworm-slim")
    assert {"name": "openssl", "version": "3.0.14-1~deb12u2"} in record["packages"]
    assert not any(package["name"] == "linux" for package in record["packages"])  # in none of our images
    assert "snapshot" not in json.loads(fresh_distro.text("catalogue/releases/debian/sid.json", pull.branch))
    assert len(fresh_distro.registry.tokens) == 5  # one for each repository
    assert fresh_distro.look().pulls == []
    fresh_distro.decide("merge", 1)
    fresh_distro.consistent()
    text = fresh_distro.text("balena-base-images/amd64/debian/bookworm/run/Dockerfile")
    assert f"FROM docker.io/library/debian:bookworm-slim@{record['bases'][1]['digest']}\n" in text
    assert 'org.opencontainers.image.version="12.8"' in text
    assert "ARG PACKAGES=20261121T005303Z\n" in text


def test_a_look_at_what_did_not_change_asks_for_digests_and_no_body(distro: DistroWorld) -> None:
    """Documents are asked for conditionally, and lists of packages not at all."""
    distro.upstream.requests.clear()
    found = distro.look()
    assert (found.pulls, found.failed, found.unchanged) == ([], [], True)
    assert {(seen.status, seen.body_bytes) for seen in distro.upstream.requests if seen.status != 404} == {(304, 0)}


def test_a_point_release_is_two_lines_of_each_dockerfile(distro: DistroWorld) -> None:
    """12.8 → 12.9: the record and the label; what stands on bookworm is built anew by itself."""
    distro.versions["bookworm"], distro.released = "12.9", "Sat, 11 Jan 2025 10:59:54 UTC"
    distro.serve()
    [pull] = distro.look().pulls
    assert (pull.title, pull.line, pull.old, pull.new) == ("debian: bookworm 12.8 -> 12.9", "bookworm", "12.8", "12.9")
    assert set(distro.pull(pull.number).labels) == {"watcher", "distro/debian", "line/bookworm"}
    diff = distro.git("diff", "--unified=0", f"main...{pull.branch}")
    changed = [line for line in diff.splitlines() if re.match(r"[+-] ", line)]
    assert len(changed) == 2 * 4 + 4
    assert '-  "version": "12.8",' in changed
    assert '+  "published": "2025-01-11",' in changed
    body = distro.pull(pull.number).body
    assert "| bookworm | 12.8 → **12.9** | 2025-01-11 | 2028-06-30 |" in body
    assert "[Releases](https://www.debian.org/releases/)" in body
    assert re.search(r"\*\*5 files\*\* change; \*\*\d+ images\*\* follow", body)
    distro.decide("merge", pull.number)
    distro.consistent()
    assert distro.look().pulls == []


def test_a_moved_digest_is_a_pull_request_of_its_own(distro: DistroWorld) -> None:
    """One architecture's base moved: its Dockerfile alone changes. When it moves back, nothing is left of it."""
    distro.registry.tags["arm64v8/debian:trixie-slim"] = digest("rebuilt")
    [pull] = distro.look().pulls
    assert (pull.title, pull.branch) == ("debian: new base images of trixie", "watcher/base/debian-trixie")
    files = distro.git("diff", "--name-only", f"main...{pull.branch}").split()
    assert files == ["balena-base-images/aarch64/debian/trixie/run/Dockerfile", "catalogue/releases/debian/trixie.json"]
    assert distro.look().pulls == []
    distro.registry.tags["arm64v8/debian:trixie-slim"] = digest("rebuilt once more")
    assert [each.number for each in distro.look().pulls] == [pull.number]  # brought up to it
    distro.registry.tags["arm64v8/debian:trixie-slim"] = digest("docker.io/arm64v8/debian:trixie-slim")
    distro.look()
    assert distro.pull(pull.number).standing == "closed"


def test_a_security_fix_of_what_is_installed_is_proposed_at_once(distro: DistroWorld) -> None:
    """And said by its name; a fix of what is in none of our images is not."""
    distro.packages["openssl"], distro.secured = "3.0.15-1~deb12u1", "Sun, 22 Nov 2026 02:53:03 UTC"
    distro.serve()
    first, second = distro.look().pulls
    step = "openssl 3.0.14-1~deb12u2 -> 3.0.15-1~deb12u1"
    assert (first.title, second.title) == (f"debian: bookworm: {step} [SECURITY]", f"debian: trixie: {step} [SECURITY]")
    assert first.branch == "watcher/packages/debian-bookworm"
    shown = distro.pull(first.number)
    assert "security" in shown.labels
    assert f"- {step}" in shown.body
    distro.decide("merge", first.number)
    distro.decide("merge", second.number)
    distro.consistent()
    assert "ARG PACKAGES=20261122T025303Z" in distro.text("balena-base-images/amd64/debian/bookworm/run/Dockerfile")
    distro.packages["linux"], distro.secured = "6.1.999-1", "Sun, 22 Nov 2026 09:53:03 UTC"
    distro.serve()
    assert distro.look().pulls == []


def test_a_fix_of_what_came_along_is_proposed_once_images_were_built(distro: DistroWorld) -> None:
    """No Dockerfile names linux; an image that has it makes its fix urgent, one that has the fix does not."""
    distro.packages["linux"], distro.secured = "6.1.999-1", "Sun, 22 Nov 2026 02:53:03 UTC"
    distro.serve()
    distro.built("bookworm", "6.1.115-1")
    distro.built("trixie", "6.1.999-1")
    assert distro.titles() == ["debian: bookworm: linux 6.1.999-1 [SECURITY]"]


def test_other_movements_of_an_archive_are_proposed_weekly(distro: DistroWorld) -> None:
    """And then not once more each day, while nobody merged."""
    distro.secured = "Thu, 26 Nov 2026 02:53:03 UTC"
    distro.serve()
    distro.day(datetime(2026, 11, 26, 9, tzinfo=UTC))
    assert distro.look().pulls == []
    distro.day(datetime(2026, 11, 29, 9, tzinfo=UTC))
    assert distro.titles() == ["debian: package updates of bookworm", "debian: package updates of trixie"]
    distro.secured = "Mon, 30 Nov 2026 02:53:03 UTC"
    distro.serve()
    distro.day(datetime(2026, 11, 30, 9, tzinfo=UTC))
    assert distro.look().pulls == []
    distro.settings('[packages]\nevery = "30d"')
    distro.decide("close", 2)
    assert distro.look().pulls == []


def test_updates_that_fix_no_vulnerability_are_proposed_weekly(distro: DistroWorld) -> None:
    """What of ours moved there is named; until a week after the last proposal its archive is not even asked."""
    distro.updates = {"curl": "7.88.1-10+deb12u8"}
    distro.serve()
    distro.day(datetime(2026, 11, 28, 9, tzinfo=UTC))
    distro.upstream.requests.clear()
    assert distro.look().pulls == []
    assert not [seen for seen in distro.upstream.requests if "-updates/" in seen.path]
    distro.day(datetime(2026, 11, 29, 9, tzinfo=UTC))
    pulls = distro.look().pulls
    assert [pull.title for pull in pulls] == [
        "debian: package updates of bookworm",
        "debian: package updates of trixie",
    ]
    shown = distro.pull(pulls[0].number)
    assert "- curl 7.88.1-10+deb12u8" in shown.body
    assert "security" not in shown.labels
    for pull in pulls:
        distro.decide("merge", pull.number)
    distro.consistent()
    dockerfile = distro.text("balena-base-images/amd64/debian/bookworm/run/Dockerfile")
    assert "ARG PACKAGES=20261121T005303Z-20261123T021446Z\n" in dockerfile
    distro.updates, distro.updated = {"curl": "7.88.1-10+deb12u9"}, "Tue, 01 Dec 2026 02:14:46 UTC"
    distro.serve()
    distro.day(datetime(2026, 12, 5, 9, tzinfo=UTC))
    assert distro.look().pulls == []
    distro.day(datetime(2026, 12, 6, 9, tzinfo=UTC))
    assert "- curl 7.88.1-10+deb12u8 -> 7.88.1-10+deb12u9" in distro.pull(distro.look().pulls[0].number).body


def test_a_security_fix_brings_the_updates_along_and_waits_for_none_of_them(distro: DistroWorld) -> None:
    """Their archive is away: that is told, and the fix is proposed all the same."""
    distro.settings("[feed]\nattempts = 1")
    distro.packages["openssl"], distro.secured = "3.0.15-1~deb12u1", "Sun, 22 Nov 2026 02:53:03 UTC"
    distro.updates = {"curl": "7.88.1-10+deb12u8"}
    distro.serve()
    path = "/ftp.debian.org/debian/dists/bookworm-updates/InRelease"
    distro.upstream.faults[path] = Fault("status", 503)
    found = distro.look()
    assert [failed.url for failed in found.failed] == [f"https:/{path}"]
    assert {pull.title.partition(":")[2] for pull in found.pulls} == {
        " bookworm: openssl 3.0.14-1~deb12u2 -> 3.0.15-1~deb12u1 [SECURITY]",
        " trixie: openssl 3.0.14-1~deb12u2 -> 3.0.15-1~deb12u1 [SECURITY]",
    }
    bodies = {pull.line: distro.pull(pull.number).body for pull in found.pulls}
    assert ["- curl 7.88.1-10+deb12u8" in bodies[line] for line in ("bookworm", "trixie")] == [False, True]


def test_pull_requests_of_one_line_merge_in_any_order(distro: DistroWorld) -> None:
    """They edit one record; each brings its own part, made again where the texts meet."""
    distro.versions["trixie"], distro.packages["openssl"] = "13.2", "3.0.15-1"
    distro.secured = "Sun, 22 Nov 2026 02:53:03 UTC"
    distro.registry.tags["library/debian:trixie-slim"] = digest("rebuilt")
    distro.serve()
    numbers = [pull.number for pull in distro.look().pulls if pull.line == "trixie"]
    assert len(numbers) == 3
    for number in reversed(numbers):
        assert distro.decide("merge", number).state == "merged"
    distro.consistent()
    record = json.loads(distro.text("catalogue/releases/debian/trixie.json"))
    assert (record["version"], record["snapshot"]) == ("13.2", "20261122T025303Z")
    assert digest("rebuilt") in {base["digest"] for base in record["bases"]}
