"""The description of a pull request: what a maintainer reads, and what each kind of change must say."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from generator import body, classes, message, plan, sections
from generator.catalogue import with_release, without_line
from generator.proposal import Proposal
from generator.rows import Catalogue
from state.model import Arch, Held, Platform
from tests.generator.family import DAY, bring, family, late, release, texts

SEEN = datetime(2026, 8, 6, 12, tzinfo=UTC)
NEXT = "22.24.0"
MUSL = Platform(Arch.AMD64, "musl")


@pytest.fixture(scope="module")
def rows() -> Catalogue:
    """Two lines of Node on three devices."""
    return family(["raspberrypi3", "intel-nuc", "raspberrypi4-64"], ["22", "24"])


@pytest.fixture(scope="module")
def patch(rows: Catalogue) -> str:
    """The description of a patch release of 22."""
    return bring(rows, Proposal("node", "22", (release(rows, "22", NEXT),), SEEN)).body()


def section(text: str, title: str) -> str:
    """One section of a description, up to the next."""
    return text.split(f"### {title}\n")[1].split("\n### ", maxsplit=1)[0]


def test_a_late_platform_is_told_with_the_policy(rows: Catalogue) -> None:
    """Since when, what is awaited, and what its images keep meanwhile."""
    partial = late(with_release(rows, release(rows, "22", NEXT)), "22", MUSL, "22.23.2").releases["node", "22"]
    waits = datetime(2026, 8, 6, tzinfo=UTC)
    held = Held("node", "22", NEXT, *MUSL, "not there yet", waits, waits + timedelta(days=7))
    planned = bring(rows, Proposal("node", "22", (partial,), SEEN, late=(held,)))
    text = planned.body()
    assert "partial-release" in planned.change.labels
    assert "| amd64/musl | 22.24.0: not there yet | 2026-08-06 00:00 | 2026-08-13 00:00 | stay on 22.23.2 |" in text
    assert not [p for p in planned.change.files if "/amd64/alpine/" in p]


def test_the_description_holds_what_a_maintainer_needs_in_its_order(patch: str) -> None:
    """Summary, artifacts, the catalogue's own lines, blast radius with a diff per class, tags, plan, controls, hidden block; within the limit."""
    text = patch
    parts = ["## node: 22.23.2 -> 22.24.0", "### Artifacts", "### Catalogue", "### Blast radius", "### Tags that will move",
             "### Build plan", "### Controls", "<!-- watcher:v1 "]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert len(text) < 65_536
    hidden = re.search(r"<!-- watcher:v1 (.*) -->", text)
    assert hidden
    assert json.loads(hidden[1])["lines"] == {"22": NEXT}


def test_a_description_that_would_be_too_long_leaves_out_diffs_and_says_so() -> None:
    """The limit is the forge's; what is left out is named."""
    before = {f"balena-base-images/{n}/Dockerfile": f"RUN a{n}\n" * 3000 for n in range(20)}
    after: dict[str, str | None] = {p: t.replace("RUN a", "RUN b") for p, t in before.items()}
    text = body.fit(["head"], classes.group(before, after), ["tail"])
    assert len(text) < body.LIMIT
    assert "too long for this page" in text
    assert text.startswith("head")
    assert text.endswith("tail\n")


def test_the_hidden_block_cannot_be_ended_from_inside() -> None:
    """A double dash would close the comment."""
    step = message.Step("node", "22", "1.0.0", "1.0.0-a--b", ())
    assert sections.hidden(step, (), security=False).count("--") == 2


def test_platforms_that_other_lines_have_and_a_new_one_has_not_are_told_with_the_reason(rows: Catalogue) -> None:
    """Node 24 dropped 32-bit ARM: whoever merges it reads so, a row each; what no line has is no news."""
    before = without_line(rows, "node", "24", DAY)
    text = bring(before, Proposal("node", "24", (release(rows, "24"),), SEEN)).body()
    found = [line for line in section(text, "Platforms without images").splitlines() if line.startswith("| arm")]
    assert found == [
        "| armv6/glibc | the unofficial armv6l recipe ended before 24 |",
        "| armv7hf/glibc | Node.js stopped publishing armv7l binaries with 24 |",
    ]
    assert "armv5e" not in text


def test_a_line_that_has_all_that_the_others_have_says_nothing_of_platforms() -> None:
    """With no other line recorded there is nothing to miss."""
    rows = family([], ["22"])
    text = bring(rows, Proposal("node", "22", (release(rows, "22", NEXT),), SEEN)).body()
    assert "### Platforms without images" not in text


def test_an_import_tells_of_every_platform_in_which_lines_it_is_not() -> None:
    """It is the first time that anybody reads what there will be: one row per platform."""
    empty = family([], [])
    releases = (release(empty, "22"), release(empty, "24"))
    told = section(bring(empty, Proposal("node", None, releases, SEEN)).body(), "Platforms without images")
    assert "| armv7hf/glibc | 24 | Node.js stopped publishing armv7l binaries with 24 |" in told
    assert "| aarch64/musl | 22 | the unofficial arm64 musl recipe begins with 24 |" in told
    assert "| armv5e/glibc | 22, 24 | nobody publishes Node.js binaries for ARMv5 |" in told
    platforms = re.findall(r"^\| (\S+/\S+) \|", told, re.MULTILINE)
    assert len(platforms) == len(set(platforms))
    assert "amd64/glibc" not in platforms


@pytest.mark.parametrize(("hours", "overdue"), [(0, False), (168, False), (169, True)])
def test_a_late_platform_is_overdue_once_it_took_longer_than_the_policy_allows(
    rows: Catalogue, hours: int, *, overdue: bool
) -> None:
    """A platform waits since the release was first seen; what counts is when the description is written."""
    partial = late(with_release(rows, release(rows, "22", NEXT)), "22", MUSL, "22.23.2").releases["node", "22"]
    since = SEEN + timedelta(minutes=1)
    held = Held("node", "22", NEXT, *MUSL, "not there yet", since, since + timedelta(hours=168))
    now = held.since + timedelta(hours=hours)
    text = bring(rows, Proposal("node", "22", (partial,), SEEN, late=(held,), now=now)).body()
    assert ("**overdue**" in text) == overdue


def test_tags_are_told_once_and_without_the_name_that_they_all_share(patch: str) -> None:
    """The image is named once; each tag of it stands there once, though the image is in several repositories."""
    told = section(patch, "Tags that will move")
    found = re.findall(r"`([^`]+)`", told)
    assert found[0] == "balenalib/amd64-debian-node"
    assert told.count("balenalib/") == 1
    assert {"22.24.0-trixie-run", "22.24.0", "22", "22-trixie"} <= set(found)
    assert len(found) == len(set(found))
    assert found[-1] == "22.24.0-trixie-run-20261122"


def test_what_merging_and_closing_do_is_said_for_each_kind_of_change(rows: Catalogue, patch: str) -> None:
    """A removal publishes nothing, and closing it refuses no version."""
    retired = plan.retire(rows, texts(rows), "node", "22", "2027-04-30", DAY)
    assert retired
    removal, brings = section(retired.body(), "Controls"), section(patch, "Controls")
    assert "Merge to publish these versions" in brings
    assert "`watcher unignore`" in brings
    assert "publish" not in removal
    assert "unignore" not in removal
    assert "Nothing is deleted from the registry" in removal
    assert "keep the line" in removal
    for text in (brings, removal):
        assert "`watcher pulls reopen N`" in text
        assert "never overwritten" in text


def test_the_catalogues_own_lines_are_shown(patch: str) -> None:
    """What all the rest follows from is read first: old and new version, file and checksum."""
    told = section(patch, "Catalogue")
    assert '-  "version": "22.23.2"' in told
    assert f'+  "version": "{NEXT}"' in told
    assert patch.index("### Catalogue") < patch.index("### Blast radius")


def test_each_distro_has_a_sample_and_each_file_is_listed(patch: str) -> None:
    """One diff of each distro family, and under each class the paths of all its files."""
    shown = set(re.findall(r"^\+\+\+ b/balena-base-images/node/\w+/(\w+)/", patch, re.MULTILINE))
    assert shown >= {"debian", "ubuntu", "alpine", "fedora", "raspbian"}
    for arch in ("amd64", "aarch64"):
        assert f"\nbalena-base-images/node/{arch}/fedora/" in patch


def test_lists_give_way_to_diffs() -> None:
    """Where there is room for all diffs and not for all lists, it is the lists that are left out."""
    before = {
        f"balena-base-images/{n}/{'x' * 90}/{m}/Dockerfile": f"RUN a{n}\n" * 150 for n in range(9) for m in range(60)
    }
    after: dict[str, str | None] = {p: t.replace("RUN a", "RUN b") for p, t in before.items()}
    text = body.fit(["head"], classes.group(before, after), ["tail"])
    assert len(text) < body.LIMIT
    assert text.count("```diff") == 9
    assert 0 < text.count("all of them") < 9


def test_what_the_builds_took_before_is_expected_again(rows: Catalogue) -> None:
    """Where some were never built, as long as the others do on the average; where none was, nothing is claimed."""
    planned = bring(rows, Proposal("node", "22", (release(rows, "22", NEXT),), SEEN))
    assert "Expected" not in planned.body()
    path = next(p for p in sorted(planned.change.files) if p.endswith("/Dockerfile"))
    text = planned.body(past=lambda paths: {path: 90.0})
    builds = int(re.findall(r"images\*\* follow from them: ([\d,]+) builds", text)[0].replace(",", ""))
    assert f"about **{builds * 90 / 3600:.1f} hours** of building" in text
    assert re.search(rf"\(\d+ of {builds:,} images have one\)", text)


def test_what_fixes_a_vulnerability_is_told_first(rows: Catalogue) -> None:
    """In the table of a pull request with several lines."""
    fixed = replace(release(rows, "24"), security=True)
    empty = family([], [])
    text = bring(empty, Proposal("node", None, (release(rows, "22"), fixed), SEEN)).body()
    assert text.index("| 24") < text.index("| 22")
