"""Registries and archives that do not answer, are not asked, or are asked beside the documents."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from click.testing import CliRunner

from sources import bodhi
from sources.feed import Document, Feed
from tests.distro_world import DAY, DistroWorld, digest
from tests.upstream import Fault
from tests.upstream.layout import write
from watcher.app import App
from watcher.cli import cli
from watcher.sync import sync


async def _status(app: App) -> Any:
    return app.store.status(app.now().date())["sources"]["debian"]


def test_a_registry_that_is_down_is_named_and_the_rest_goes_on(fresh_distro: DistroWorld) -> None:
    """Lines stay unpinned, the status says why, the exit code is that of a failed feed; later they are pinned."""
    fresh_distro.registry.status = 403
    found = fresh_distro.look()
    assert found.exit_code == 3
    [failed] = found.failed
    assert "docker.io, asked for " in failed.error
    assert len(fresh_distro.registry.requests) < 5  # who does not answer is not asked for the rest
    status = fresh_distro.run(_status)
    assert "docker.io, asked for " in status["outages"]["bases"]["error"]
    # Debian's own documents were read all the same: it is no dead feed.
    assert (status["error"], status["failing_since"], status["last_success"]) == (None, None, DAY.isoformat())
    assert status["cadence"].startswith("bases failing since ")
    [pull] = found.pulls
    assert "digest" not in fresh_distro.text("catalogue/releases/debian/trixie.json", pull.branch)
    assert "not seen: unpinned" in fresh_distro.pull(pull.number).body
    fresh_distro.decide("merge", pull.number)
    assert "# Not pinned" in fresh_distro.text("balena-base-images/amd64/debian/trixie/run/Dockerfile")
    fresh_distro.registry.status = 200
    found = fresh_distro.look()
    assert found.exit_code == 0
    assert len(found.pulls) == 3
    assert fresh_distro.run(_status)["outages"] == {}


def test_each_part_that_fails_is_told_with_its_own_age(fresh_distro: DistroWorld) -> None:
    """Registry and vendor's archive are both away, the archive for longer; the source is polled well."""
    fresh_distro.settings("[feed]\nattempts = 1")
    for suite in ("bookworm", "trixie"):
        path = f"/archive.raspberrypi.com/debian/dists/{suite}/InRelease"
        fresh_distro.upstream.faults[path] = Fault("status", 503)
    fresh_distro.look()
    fresh_distro.registry.status = 403
    fresh_distro.day(DAY + timedelta(hours=1))
    assert fresh_distro.look().exit_code == 3
    outages = fresh_distro.run(_status)["outages"]
    since = {part: outage["since"] for part, outage in outages.items()}
    assert since == {"archives": DAY.isoformat(), "bases": (DAY + timedelta(hours=1)).isoformat()}
    shown = CliRunner().invoke(cli, ["--config", str(fresh_distro.config_file), "status"]).output
    assert "archives failing: debian since 2026-11-22T09:00: debian: https://archive.raspberrypi.com/" in shown
    assert "bases failing: debian since 2026-11-22T10:00: " in shown


def test_an_unchanged_distro_is_asked_for_everything_at_once(
    distro: DistroWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the documents lead to is kept and asked for with them: no question waits for an answer, none is put twice."""
    begun, document = list[str](), Feed.document

    async def job(app: App) -> None:
        await sync(app, ["debian"])
        distro.upstream.requests.clear()
        assert (await sync(app, ["debian"])).unchanged
        count, everything = len(distro.upstream.requests), asyncio.Event()
        assert count > 5

        async def together(self: Feed, url: str, known: Any = None, *, limit: int | None = None) -> Document:
            begun.append(url)
            if len(begun) == count:
                everything.set()
            async with asyncio.timeout(30):
                await everything.wait()
            return await document(self, url, known, limit=limit)

        monkeypatch.setattr(Feed, "document", together)
        assert (await sync(app, ["debian"])).unchanged
        assert len(begun) == len(set(begun)) == count

    distro.run(job)


def test_an_outage_of_the_registry_takes_no_digest_back(distro: DistroWorld) -> None:
    """What was seen stays recorded."""
    distro.registry.status = 403
    found = distro.look()
    assert (found.pulls, found.exit_code) == ([], 3)


def test_nobody_asks_a_registry_where_the_settings_say_not_to(fresh_distro: DistroWorld) -> None:
    """``pin = false`` is for who takes tags as they are."""
    fresh_distro.settings("[registries]\npin = false")
    [pull] = fresh_distro.look().pulls
    assert fresh_distro.registry.requests == []
    assert "digest" not in fresh_distro.text("catalogue/releases/debian/trixie.json", pull.branch)


def test_a_broken_list_of_packages_stops_nothing_else(fresh_distro: DistroWorld) -> None:
    """The line is recorded without a snapshot, the failure is told."""
    for file in (fresh_distro.served / "ftp.debian.org/debian-security").rglob("SHA256/*"):
        write(file, b"broken")
    found = fresh_distro.look()
    assert found.exit_code == 3
    assert all("is not what its name says" in failed.error for failed in found.failed)
    text = fresh_distro.text("catalogue/releases/debian/trixie.json", found.pulls[0].branch)
    assert "snapshot" not in json.loads(text)


def test_observing_opens_nothing(fresh_distro: DistroWorld) -> None:
    """``mode = "observe"`` is for looking on."""
    fresh_distro.settings('[sources.debian]\nmode = "observe"')
    assert fresh_distro.look().pulls == []


# A distro whose archive is asked for beside its documents.

_CONTAINER = {
    "variant": "Container",
    "subvariant": "Container_Base",
    "link": "https://download.fedoraproject.org/pub/x",
}


def fedora(world: DistroWorld, ends: dict[str, str], packages: str = "<repomd/>") -> None:
    """Serve Fedora's feeds: each number with its end, images of two architectures, one state of its updates."""
    rows = [{"version": number, "arch": arch, **_CONTAINER} for number in ends for arch in ("x86_64", "aarch64")]
    known = [{"version": number, "id_prefix": "FEDORA", "eol": end} for number, end in ends.items()]
    write(world.served / "fedoraproject.org/releases.json", json.dumps(rows).encode())
    bodhi_page = world.served / "bodhi.fedoraproject.org/releases" / bodhi.URL.rpartition("/")[2]
    write(bodhi_page, json.dumps({"pages": 1, "releases": known}).encode())
    for number in ends:
        world.registry.tags[f"fedora:{number}"] = digest(number)
        folder = f"dl.fedoraproject.org/pub/fedora/linux/updates/{number}/Everything/x86_64/repodata"
        write(world.served / folder / "repomd.xml", f"{packages}{number}".encode())


def test_an_archive_beside_the_documents_is_asked_conditionally(fresh_distro: DistroWorld) -> None:
    """Fedora's lists are not read: that they moved is proposed weekly; new numbers and ends as anywhere."""
    ends = {"43": "2026-12-09", "44": "2027-06-02"}
    fedora(fresh_distro, ends)
    fresh_distro.day(DAY)
    [pull] = fresh_distro.look("fedora").pulls
    assert pull.title == "fedora: record 43, 44"
    record = json.loads(fresh_distro.text("catalogue/releases/fedora/44.json", pull.branch))
    assert re.fullmatch("sha256:[0-9a-f]{64}", record["snapshot"])
    fresh_distro.decide("merge", pull.number)
    fresh_distro.consistent()
    fresh_distro.look("fedora")
    fresh_distro.upstream.requests.clear()
    assert fresh_distro.look("fedora").unchanged
    assert {(seen.status, seen.body_bytes) for seen in fresh_distro.upstream.requests} == {(304, 0)}
    assert len(fresh_distro.upstream.requests) == 4
    fedora(fresh_distro, ends, "<moved/>")
    assert fresh_distro.look("fedora").pulls == []
    fresh_distro.day(datetime(2026, 11, 30, 9, tzinfo=UTC))
    titles = [pull.title for pull in fresh_distro.look("fedora").pulls]
    assert titles == ["fedora: package updates of 43", "fedora: package updates of 44"]
    fedora(fresh_distro, ends | {"45": "2027-12-01"}, "<moved/>")
    fresh_distro.day(datetime(2026, 12, 10, 9, tzinfo=UTC))
    titles = [pull.title for pull in fresh_distro.look("fedora").pulls]
    assert titles == ["fedora: remove 43 (end of life 2026-12-09)", "fedora: add 45 (45)"]
