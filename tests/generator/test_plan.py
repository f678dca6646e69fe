"""From releases to a change: which files, which words, which labels."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from generator import classes, plan
from generator.proposal import Proposal
from generator.rows import Catalogue
from state.model import Version
from tests.generator.family import DAY, bring, family, release, texts

SEEN = datetime(2026, 8, 6, 12, tzinfo=UTC)
NEXT = "22.24.0"


@pytest.fixture(scope="module")
def rows() -> Catalogue:
    """Two lines of Node on three devices."""
    return family(["raspberrypi3", "intel-nuc", "raspberrypi4-64"], ["22", "24"])


@pytest.fixture(scope="module")
def patch(rows: Catalogue) -> plan.Planned:
    """The plan of a patch release of 22."""
    return bring(rows, Proposal("node", "22", (release(rows, "22", NEXT),), SEEN))


def test_a_patch_changes_the_record_and_the_dockerfiles_of_its_line_only(patch: plan.Planned) -> None:
    """No docs, no other line, no scripts."""
    paths = set(patch.change.files)
    assert "catalogue/releases/node/22.json" in paths
    others = {p for p in paths if p != "catalogue/releases/node/22.json"}
    assert others
    assert all(p.startswith("balena-base-images/node/") and "/22/" in p for p in others)
    assert all(text is not None and NEXT in text for text in patch.change.files.values())


def test_what_is_there_already_is_no_change(rows: Catalogue) -> None:
    """The same release again plans nothing."""
    assert plan.propose(rows, texts(rows), Proposal("node", "22", (rows.releases["node", "22"],), SEEN), DAY) is None


def test_the_words_follow_the_conventions(patch: plan.Planned) -> None:
    """Branch by source and line; subject old -> new; trailers that can be read back."""
    change = patch.change
    assert (change.branch, change.title) == ("watcher/node/22", "node: 22.23.2 -> 22.24.0")
    assert change.message.startswith("node: 22.23.2 -> 22.24.0\n\n")
    assert change.message.endswith("\nChange-type: patch\nWatcher-Key: node/22\nWatcher-Release: 22.24.0\n")
    assert change.labels == ("watcher", "stack/node", "line/22")


def test_a_security_release_among_those_passed_makes_it_one(rows: Catalogue) -> None:
    """Nobody proposed 22.23.9; whoever merges 22.24.0 gets its fix."""
    passed = (replace(release(rows, "22", "22.23.9"), security=True), release(rows, "22", "22.23.8"))
    planned = bring(rows, Proposal("node", "22", (release(rows, "22", NEXT),), SEEN, passed=passed))
    assert planned.change.title.endswith("[SECURITY]")
    assert "security" in planned.change.labels
    assert "22.23.9 (**security**), 22.23.8" in planned.body()


def test_a_new_line_says_so_and_touches_the_docs(rows: Catalogue) -> None:
    """A line that nobody had is a pull request of its own kind."""
    planned = bring(rows, Proposal("node", "26", (release(rows, "26"),), SEEN))
    assert planned.change.title == "node: add 26 (26.7.0)"
    assert planned.change.old is None
    assert "new-line" in planned.change.labels
    assert "docs/base-images.md" in planned.change.files


def test_the_end_of_a_line_removes_all_of_it_and_nothing_else(rows: Catalogue) -> None:
    """Record and Dockerfiles go, the docs change; the title says when support ended."""
    planned = plan.retire(rows, texts(rows), "node", "22", "2027-04-30", DAY)
    assert planned is not None
    removed = {p for p, text in planned.change.files.items() if text is None}
    assert {p for p in texts(rows) if "/22/" in p or p.endswith("/22.json")} == removed
    assert set(planned.change.files) - removed == {"docs/base-images.md", "catalogue/ended/node/22.json"}
    assert planned.change.title == "node: remove 22 (end of life 2027-04-30)"
    assert planned.change.message.endswith("\nWatcher-Key: eol/node-22\nWatcher-Release: 22.23.2\n")
    assert {"eol", "removes-images"} <= set(planned.change.labels)
    assert "no longer rebuilt" in planned.body()
    assert plan.retire(rows, texts(rows), "node", "20", "2026-04-30", DAY) is None


def test_every_changed_dockerfile_is_in_one_class_and_few_classes_are_to_be_read(patch: plan.Planned) -> None:
    """A Node patch is a handful of classes: one for each upstream file."""
    rows_before = texts(family(["raspberrypi3", "intel-nuc", "raspberrypi4-64"], ["22", "24"]))
    groups = classes.group(rows_before, patch.change.files)
    paths = [path for group in groups for path in group.paths]
    assert sorted(paths) == sorted(p for p in patch.change.files if p.startswith("balena-base-images/"))
    assert len(groups) == len(release(family([], ["22"]), "22", NEXT).artifacts)


def test_a_change_by_hand_or_of_a_template_is_one_refresh(rows: Catalogue) -> None:
    """What differs is brought back, what nothing generates is removed."""
    before = plan.rendered(rows)
    path = next(p for p in before if p.endswith("/debian/trixie/run/Dockerfile"))
    planned = plan.refresh(rows, {**before, path: "FROM scratch\n", "docs/old.md": "x"}, DAY)
    assert planned is not None
    assert planned.change.files == {path: before[path], "docs/old.md": None}
    assert plan.refresh(rows, before, DAY) is None


def test_an_import_lists_its_lines_and_has_no_single_version(rows: Catalogue) -> None:
    """One pull request for the first releases of a source."""
    empty = family([], [])
    releases = (release(rows, "22"), release(rows, "24"))
    planned = plan.propose(empty, plan.rendered(empty), Proposal("node", None, releases, SEEN), date(2026, 8, 6))
    assert planned is not None
    change = planned.change
    assert (change.title, change.branch) == ("node: import 22, 24", "watcher/node/import")
    assert (change.old, change.new, change.lines) == (None, None, {"22": "22.23.2", "24": "24.8.1"})
    assert "Watcher-Release: node 22 22.23.2\nWatcher-Release: node 24 24.8.1\n" in change.message
    assert Version(change.lines["22"]) == Version("22.23.2")
