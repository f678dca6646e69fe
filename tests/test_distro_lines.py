"""Lines of a distro come and go, and what people refuse stays refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime

from tests.distro_world import DistroWorld, digest

RELEASE_DAY = datetime(2027, 6, 7, 9, tzinfo=UTC)


def forky(world: DistroWorld) -> None:
    """Let Debian release forky, whose base images are there but for armel's."""
    world.csv = world.csv.replace("2025-08-09\n15,", "2025-08-09,2027-06-05,2030-06-05,2032-06-30\n15,")
    world.versions["forky"], world.released = "14.0", "Sat, 05 Jun 2027 10:59:54 UTC"
    world.serve()
    world.day(RELEASE_DAY)


def images_of_forky(world: DistroWorld) -> None:
    """Let the registry have its base images, but for armel's."""
    for place in ("library", "arm64v8", "arm32v7", "i386"):
        world.registry.tags[f"{place}/debian:forky-slim"] = digest(place)


def test_a_new_line_waits_for_its_base_images_and_the_default_for_it(distro: DistroWorld) -> None:
    """First the line, by a pull request of its own; once it is there, the default by another."""
    forky(distro)
    found = distro.look()
    [held] = found.held
    assert (held.line, held.version) == ("forky", "14.0")
    assert "awaiting its base images: docker.io has no library/debian:forky-slim" in held.reason
    assert "forky" not in [pull.line for pull in found.pulls]
    images_of_forky(distro)
    pull = next(pull for pull in distro.look().pulls if pull.line == "forky")
    assert (pull.title, pull.branch) == ("debian: add forky (14.0)", "watcher/debian/forky")
    shown = distro.pull(pull.number)
    assert "new-line" in shown.labels
    assert "The default stays trixie." in shown.body
    assert "- armv5e: docker.io has no arm32v5/debian:forky-slim" in shown.body
    assert "do not name forky yet: " in shown.body
    record = json.loads(distro.text("catalogue/releases/debian/forky.json", pull.branch))
    assert (record["version"], record["supported_until"], len(record["bases"])) == ("14.0", "2032-06-30", 4)
    assert record["snapshot"]
    distro.decide("merge", pull.number)
    distro.consistent()
    moved = distro.look().pulls[-1]
    assert (moved.title, moved.branch) == ("debian: default trixie -> forky", "watcher/default/debian")
    assert "default-moved" in distro.pull(moved.number).labels
    distro.decide("merge", moved.number)
    distro.consistent()
    assert 'default = "forky"' in distro.text("catalogue/distros.toml")


def test_people_can_exclude_a_line_with_a_reason(distro: DistroWorld) -> None:
    """Then it is told and not proposed."""
    forky(distro)
    images_of_forky(distro)
    edit(distro, "[distros.debian.new_line.absent]", '[distros.debian.new_line.exclude]\n"14*" = "not for us"\n\n')
    found = distro.look()
    assert "forky" not in [pull.line for pull in found.pulls]
    assert ("forky", "not for us") in [(skipped.line, skipped.reason) for skipped in found.skipped]


def edit(world: DistroWorld, before: str, text: str) -> None:
    """Be a person who pushes *text* before a line of distros.toml."""
    path = "catalogue/distros.toml"
    new = world.text(path).replace(before, text + before)
    tree = world.folder / "clone"
    world.git("worktree", "add", "--quiet", "--force", str(tree), "main")
    (tree / path).write_text(new)
    world.git("-C", str(tree), "-c", "user.name=P", "-c", "user.email=p@invalid", "commit", "--quiet", "-am", "edit")
    world.git("worktree", "remove", "--force", str(tree))


def test_a_line_at_its_end_is_proposed_for_removal(distro: DistroWorld) -> None:
    """Not the default: that has to move first. What else was open of the line is withdrawn."""
    distro.versions["bookworm"] = "12.15"
    distro.serve()
    [point] = distro.look().pulls
    distro.csv = distro.csv.replace("2028-06-30,2033", "2026-11-20,2033").replace("2030-06-30,2035", "2026-11-20,2035")
    distro.csv = distro.csv.replace("2026-07-11", "2026-11-20").replace("2028-08-09", "2026-11-20")
    distro.serve()
    found = distro.look()
    [pull] = found.pulls
    assert (pull.title, pull.branch) == (
        "debian: remove bookworm (end of life 2026-11-20)",
        "watcher/eol/debian-bookworm",
    )
    assert ("trixie", True) in [(s.line, "it is the default" in s.reason) for s in found.skipped]
    assert {"eol", "removes-images"} <= set(distro.pull(pull.number).labels)
    assert distro.pull(point.number).standing == "closed"
    distro.decide("merge", pull.number)
    distro.consistent()
    left = [path for path in distro.paths() if "/debian/bookworm" in path]
    assert left == ["catalogue/ended/debian/bookworm.json"]
    assert distro.look().pulls == []


def test_what_a_maintainer_closed_is_not_proposed_again_and_the_next_is(distro: DistroWorld) -> None:
    """A refusal is of one digest and one point release."""
    distro.versions["bookworm"] = "12.9"
    distro.registry.tags["library/debian:trixie-slim"] = digest("rebuilt")
    distro.serve()
    numbers = [pull.number for pull in distro.look().pulls]
    for number in numbers:
        distro.decide("close", number)
    found = distro.look()
    assert found.pulls == []
    assert len(found.skipped) == len(numbers) == 2
    distro.versions["bookworm"] = "12.10"
    distro.registry.tags["library/debian:trixie-slim"] = digest("rebuilt again")
    distro.serve()
    assert sorted(distro.titles()) == ["debian: bookworm 12.8 -> 12.10", "debian: new base images of trixie"]


def test_settings_can_ignore_a_point_release(distro: DistroWorld) -> None:
    """As of any source."""
    distro.settings('[sources.debian]\nignore = ["12.9"]')
    distro.versions["bookworm"] = "12.9"
    distro.serve()
    found = distro.look()
    assert found.pulls == []
    assert [(s.version, s.reason) for s in found.skipped] == [("12.9", "the settings ignore 12.9")]
