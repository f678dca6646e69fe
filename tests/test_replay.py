"""The replay tells what it should, of a history as small as the tests' facts: three states of Fedora's feed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from state.model import Release
from tests.replay.fedora import Fedora
from tests.replay.stage import play
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
