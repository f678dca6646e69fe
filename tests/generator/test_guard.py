"""What a change may not do silently is found, said, labelled, and not built without the label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from generator import catalogue, guard, plan
from generator.proposal import Proposal
from generator.rows import Catalogue, Stack
from state.model import Arch
from tests.generator.family import DAY, bring, family, files, release, texts
from tests.generator.stacks import record, with_stacks

SEEN = datetime(2026, 11, 22, tzinfo=UTC)
ROWS = with_stacks(family(["raspberrypi3"]), ("dotnet", "python"))


def _found(new: Catalogue, old: Catalogue = ROWS) -> dict[str, str]:
    """Label → sentence."""
    return {finding.label: finding.sentence for finding in guard.compare(old, new)}


def _stack(name: str, change: Stack) -> Catalogue:
    return replace(ROWS, stacks={**ROWS.stacks, name: change})


def _without_files(source: str, arch: Arch | None, libc: str) -> Catalogue:
    """The same, but that releases of *source* have lost their files for those platforms."""
    releases = {
        key: replace(row, artifacts=tuple(a for a in row.artifacts if (a.libc != libc) or (arch and a.arch != arch)))
        if key[0] == source
        else row
        for key, row in ROWS.releases.items()
    }
    return replace(ROWS, releases=releases)


def test_a_patch_release_does_nothing_of_the_kind() -> None:
    """Versions move up: no image goes, no default moves, nothing to look at twice."""
    assert _found(catalogue.with_release(ROWS, release(ROWS, "24", "24.9.0"))) == {}
    assert _found(record(ROWS, "python", "3.15", "3.15.0")) == {}


def test_what_took_every_alpine_dotnet_image_away_is_seen() -> None:
    """The original lost them to an AND where an OR was meant, and nobody noticed."""
    found = _found(_without_files("dotnet", None, "musl"))
    assert set(found) == {"removes-images"}
    assert "all of dotnet on alpine (192)" in found["removes-images"]
    assert found["removes-images"].startswith("removes ")


def test_a_line_that_goes_is_named_once() -> None:
    """Not distro by distro: all of it."""
    found = _found(catalogue.without_line(ROWS, "python", "3.12", DAY))
    assert set(found) == {"removes-images"}
    assert "all of python 3.12 (" in found["removes-images"]
    assert "alpine" not in found["removes-images"]


def test_a_distro_version_that_goes_is_named_once() -> None:
    """With the defaults that it moves."""
    debian = ROWS.distros["debian"]
    fewer = replace(debian, default="bookworm", lines=tuple(row for row in debian.lines if row.codename != "trixie"))
    found = _found(replace(ROWS, distros={**ROWS.distros, "debian": fewer}))
    assert "all of debian trixie (" in found["removes-images"]
    assert "amd64-debian: trixie -> bookworm" in found["default-moved"]


def test_latest_that_goes_down_is_seen() -> None:
    """Without its newest LTS line Node's latest would be an older one."""
    found = _found(catalogue.without_line(ROWS, "node", "24", DAY))
    assert "amd64-debian-node: 24 -> 22" in found["latest-lowered"]
    assert "armv7hf" not in found["latest-lowered"]
    current = replace(ROWS.stacks["node"], latest="current")
    assert _found(_stack("node", current)) == {}
    assert "26 -> 24" in _found(ROWS, _stack("node", current))["latest-lowered"]


def test_a_default_that_moves_is_seen() -> None:
    """A distro's, a line's own, and which distro a name without one means."""
    ubuntu = replace(ROWS.distros["ubuntu"], default="noble")
    moved = _found(replace(ROWS, distros={**ROWS.distros, "ubuntu": ubuntu}))
    assert set(moved) == {"default-moved"}
    assert "amd64-ubuntu: resolute -> noble" in moved["default-moved"]
    assert "amd64-ubuntu-node 24: resolute -> noble" in moved["default-moved"] or "more" in moved["default-moved"]
    own = replace(ROWS.stacks["node"], defaults={"22": {"debian": "bookworm"}})
    assert "amd64-debian-node 22: trixie -> bookworm" in _found(_stack("node", own))["default-moved"]
    other = replace(ROWS, family=replace(ROWS.family, default_distro="alpine"))
    assert "without a distro: debian -> alpine" in _found(other)["default-moved"]


def test_an_architecture_that_is_dropped_is_seen() -> None:
    """Of a line that stays; of a distro version that stays."""
    found = _found(_without_files("dotnet", Arch.ARMV7HF, "glibc"))
    assert "dotnet 8.0-sdk: armv7hf" not in found.get("arch-dropped", "")  # Alpine still has it
    assert "dotnet 10.0-runtime on debian sid armv7hf (6)" in found["removes-images"]
    gone = replace(ROWS.releases["node", "22"], artifacts=tuple(
        a for a in ROWS.releases["node", "22"].artifacts if a.arch != Arch.ARMV6
    ))  # fmt: skip
    assert "node 22: armv6" in _found(catalogue.with_release(ROWS, gone))["arch-dropped"]


def test_very_many_new_images_are_seen() -> None:
    """How many are too many is a setting of the family."""
    few = replace(ROWS, family=replace(ROWS.family, most_added=100))
    assert "more than 100" in _found(record(few, "python", "3.15", "3.15.0"), few)["mass-add"]


def test_a_name_that_is_taken_over_is_seen() -> None:
    """Alpine's 3.23 leads in Node's repository until there is a Node 3.23."""
    found = _found(catalogue.with_release(ROWS, release(ROWS, "3", "3.23.0", "")))
    assert found["tag-takeover"] == "takes names that mean a distro version until now: alpine-node:3.23"


def test_removed_dockerfiles_are_removed_images() -> None:
    """Where the catalogue is the same on both sides, the files tell."""
    found = guard.findings(ROWS, ROWS, ["docs/x.md", "balena-base-images/node/amd64/debian/trixie/18/run/Dockerfile"])
    assert [finding.label for finding in found] == ["removes-images"]
    assert "1 Dockerfiles, balena-base-images/node/amd64/debian/trixie/18/run" in found[0].sentence
    assert guard.findings(ROWS, ROWS, ["docs/x.md"]) == []


def test_the_label_lets_it_be_built() -> None:
    """Each finding needs its own; what lacks is said together with what to do."""
    found = guard.compare(ROWS, catalogue.without_line(ROWS, "node", "24", DAY))
    assert guard.labels(found) == ("removes-images", "latest-lowered")
    assert guard.missing(found, ["removes-images", "latest-lowered", "eol"]) == ""
    said = guard.missing(found, ["removes-images"])
    assert "moves latest to a lower version" in said
    assert said.endswith("label the pull request latest-lowered, or give --allow-removals")


def _labels(planned: plan.Planned | None) -> Sequence[str]:
    assert planned
    return planned.change.labels


@pytest.mark.parametrize("line", ["22", "24"])
def test_a_pull_request_says_and_labels_it(line: str) -> None:
    """The end of a line removes images, the end of the newest one lowers latest as well."""
    rows = family(["raspberrypi3"], ["22", "24"])
    planned = plan.retire(rows, texts(rows), "node", line, "2027-04-30", DAY)
    assert planned
    labels = _labels(planned)
    assert labels.count("removes-images") == 1
    assert ("latest-lowered" in labels) == (line == "24")
    text = planned.body()
    assert text.startswith("### Look twice\n")
    assert "`removes-images`: removes" in text
    assert f"all of node {line}" in text


def test_an_ordinary_pull_request_says_nothing_of_it() -> None:
    """No section where there is nothing to look at."""
    rows = family(["raspberrypi3"], ["22"])
    planned = bring(rows, Proposal("node", "22", (release(rows, "22", "22.24.0"),), SEEN))
    assert "Look twice" not in planned.body()
    assert not set(planned.change.labels) & set(guard.LABELS)


def test_an_import_of_very_many_images_is_labelled() -> None:
    """Node on every device is more than ten thousand images."""
    rows = family(lines=[])
    made = tuple(release(rows, line) for line in ("22", "24", "26"))
    planned = plan.propose(rows, texts(rows), Proposal("node", None, made, SEEN), DAY)
    assert ("mass-add" in _labels(planned)) == (rows.family.most_added < 8000)
    few = {**files(), "catalogue/family.toml": files()["catalogue/family.toml"].replace(b"10000", b"5000")}
    rows = catalogue.load(few)
    planned = plan.propose(rows, texts(rows), Proposal("node", None, made, SEEN), DAY)
    assert "mass-add" in _labels(planned)


def test_a_refresh_that_removes_dockerfiles_says_so() -> None:
    """A template's or the catalogue's change that was merged without its files."""
    rows = family([], ["22"])
    before = {p: t for p, t in texts(rows).items() if p.startswith(plan.GENERATED)}
    left = {**before, "balena-base-images/node/amd64/debian/trixie/18/run/Dockerfile": "FROM x\n"}
    planned = plan.refresh(rows, left, DAY)
    assert "removes-images" in _labels(planned)
    assert planned
    assert "removes 1 Dockerfiles" in planned.body()
