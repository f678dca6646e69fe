"""The replay tells what it should, of histories as small as the tests' facts: Fedora's feed, a Node build made again."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from sources import SOURCES
from state.model import Release
from tests.replay.__main__ import HISTORIES, NO_HISTORY, main
from tests.replay.fedora import Fedora
from tests.replay.respins import NodeRespins
from tests.replay.stage import play
from tests.upstream.layout import BUNDLED
from watcher.distro_seen import Seen

pytestmark = pytest.mark.slow

FACTS = Path(__file__).parent / "sources" / "fedora"
ENDS = {"39": "2024-11-26", "40": "2025-05-13", "41": "2025-12-15", "42": "2026-05-27"}


@pytest.fixture
def history(tmp_path: Path) -> Fedora:
    """Three feeds laid out as recordings are."""
    (tmp_path / "fedora" / "history").mkdir(parents=True)
    for day in ("2024-03-26", "2025-04-14"):
        shutil.copy(FACTS / f"releases.{day}.json", tmp_path / "fedora" / "history" / f"releases-{day}.json")
    shutil.copy(FACTS / "releases.2025-04-23.json", tmp_path / "fedora" / "releases.json")
    (tmp_path / "endoflife" / "products").mkdir(parents=True)
    cycles = "".join(f'- releaseCycle: "{number}"\n  eol: {end}\n' for number, end in ENDS.items())
    (tmp_path / "endoflife" / "products" / "fedora.md").write_text(cycles)
    return Fedora(tmp_path)


def test_a_history_that_goes_as_it_should_is_good(
    history: Fedora, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each release at the first poll that could know of it, and a line removed at its end."""
    tally = play(history, tmp_path / "stage")
    tally.print()
    assert (tally.good, len(tally.due) > 1, tally.due.keys() == tally.proposed.keys()) == (True, True, True)
    assert tally.ended == {"39"}
    assert "missed                                        0\n" in capsys.readouterr().out


def test_a_release_that_is_not_proposed_is_missed(
    history: Fedora, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher that wants nothing of 42 is not good."""

    def unwanted(self: Seen, release: Release) -> bool:
        return release.line == "42"

    monkeypatch.setattr(Seen, "unwanted", unwanted)
    tally = play(history, tmp_path / "stage")
    assert (tally.good, [line.partition(",")[0] for line in tally.missed]) == (False, ["missed: release 42 42"])


def test_every_source_is_replayed_or_has_a_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """None is passed over in silence."""
    assert {*HISTORIES, *NO_HISTORY} == {*SOURCES, "node-respins", "openjdk-respins"}
    monkeypatch.setattr("sys.argv", ["replay", str(tmp_path), *NO_HISTORY])
    assert main() == 0
    assert "\nraspbian  not replayed: no InRelease of it was recorded" in capsys.readouterr().out


class _Respin(NodeRespins):
    """22.11.0 for x64/musl, made again three days later."""

    bad = {}  # noqa: RUF012  (as in the class above)
    _spans = ((date(2024, 10, 29), date(2024, 11, 3)),)


@pytest.fixture
def respin(tmp_path: Path) -> _Respin:
    """Node's bundled documents laid out as recordings are."""
    folder = tmp_path / "node"
    shutil.copytree(BUNDLED / "shasums256", folder / "shasums256")
    for name in ("schedule-history", "reconstructed"):
        (folder / name).mkdir()
    shutil.copy(BUNDLED / "schedule.2024-10-29.json", folder / "schedule-history" / "schedule-2024-10-29.json")
    shutil.copy(BUNDLED / "schedule.2026-06-01.json", folder / "schedule.json")
    shutil.copy(BUNDLED / "dist-index.2026-08-05.json", folder / "reconstructed" / "dist-index.2026-08-05.json")
    rows = f"22.11.0\t{'a' * 64}\t2024-10-29T14:00:00+00:00\n22.11.0\t{'b' * 64}\t2024-11-01T20:00:00+00:00\n"
    (folder / "unofficial-musl-x64.docker-node.tsv").write_text(f"version\tsha256\tfirst\n{rows}")
    return _Respin(tmp_path)


def test_a_build_that_was_made_again_ends_in_quarantine(
    respin: _Respin, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the next day, with an issue and no pull request; what a person accepted is recorded."""
    tally = play(respin, tmp_path / "stage")
    tally.print()
    assert (tally.good, tally.troubles, len(tally.respun)) == (True, [], 1)
    assert tally.respun.keys() == tally.quarantined.keys() == tally.approved
    assert "made again: files, in quarantine, then approved 1, 1, 1" in capsys.readouterr().out


def test_a_build_that_was_made_again_unnoticed_is_not_good(
    respin: _Respin, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A watcher that looks at nothing unless a document changed."""
    monkeypatch.setattr("watcher.line._first_today", lambda *_: False)
    tally = play(respin, tmp_path / "stage")
    assert (tally.good, [trouble.partition(":")[0] for trouble in tally.troubles]) == (False, ["not in quarantine"])
