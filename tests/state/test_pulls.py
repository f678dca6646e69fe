"""Pull requests as remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from state.errors import StoreError
from state.store import Move, PullRecord, Store
from tests.state.facts import LATER, NOW, release

SHOWN = {
    "number": 7,
    "source": "node",
    "line": "22",
    "old": "22.11.0",
    "new": "22.11.1",
    "lines": {"22": "22.11.1"},
    "branch": "watcher/node/22",
    "title": "node: 22.11.0 -> 22.11.1",
    "url": "https://github.com/o/r/pull/7",
    "state": "open",
}
PULL = PullRecord(**SHOWN, key="f" * 64, head="a" * 40, base="b" * 40, event=3)  # type: ignore[arg-type]


def test_a_pull_request_comes_back_as_it_was(store: Store) -> None:
    """Every field is kept, nulls too; the store adds when it was first and last saved."""
    store.save_pull(PULL, NOW)
    merged = replace(PULL, line=None, old=None, new=None, state="merged", merge_commit="c" * 40)
    store.save_pull(merged, LATER)
    assert store.pull(7) == replace(merged, opened_at=NOW, updated_at=LATER)
    assert store.pull(8) is None


def test_a_branch_has_one_open_pull_request(store: Store) -> None:
    """The database itself refuses the second; a closed one is no obstacle."""
    store.save_pull(PULL, NOW)
    with pytest.raises(StoreError):
        store.save_pull(replace(PULL, number=8), NOW)
    store.save_pull(replace(PULL, state="closed"), NOW)
    store.save_pull(replace(PULL, number=8), NOW)
    opened = store.open_pull(PULL.branch)
    assert opened
    assert opened.number == 8
    assert store.open_pull("watcher/node/24") is None
    assert [p.number for p in store.pulls()] == [8, 7]
    assert [p.number for p in store.pulls("closed")] == [7]
    assert store.status(NOW.date())["pulls"] == {"open": 1}


def test_the_lag_of_the_newest_release_is_told(store: Store) -> None:
    """Published, seen, proposed, merged: of the version itself, whatever its pull request brought before."""

    def times() -> dict[str, str | None]:
        return dict(store.status(NOW.date())["sources"]["node"]["lag"]["22"])  # type: ignore[arg-type]

    store.save_pull(PULL, NOW)
    store.poll_finished("node", now=LATER, listed=[release("22.11.1"), release("22.12.0")])
    told = {"published": "2024-10-29", "seen": LATER.isoformat(), "pull": None, "merged": None, "pushed": None}
    assert times() == told
    third, fourth = LATER + timedelta(hours=2), LATER + timedelta(hours=3)
    store.save_pull(replace(PULL, lines={"22": "22.12.0"}), third)
    assert times() == told | {"pull": third.isoformat()}
    store.save_pull(replace(PULL, lines={"22": "22.12.0"}, state="closed"), fourth)
    store.save_pull(replace(PULL, number=8, lines={"22": "22.12.0", "24": "24.1.0"}), third)
    store.save_pull(replace(PULL, number=8, lines={"22": "22.12.0", "24": "24.1.0"}, state="merged"), fourth)
    merged = told | {"pull": third.isoformat(), "merged": fourth.isoformat()}
    assert times() == merged
    # What else it brought was pushed first; moving names may lead to an image before it has its dated one.
    named = Move("balenalib/amd64-debian-node", "22.12.0-run", "", f"sha256:{'a' * 64}", fourth, "release", "", 8)
    fifth, sixth = fourth + timedelta(hours=1), fourth + timedelta(hours=2)
    other = replace(named, tag="24.1.0-trixie-run-20260805", dated=True)
    store.ledger.moved([named, other])
    assert times() == merged
    store.ledger.moved([replace(other, tag="22.12.0-trixie-run-20260805", at=fifth)])
    store.ledger.moved([replace(other, tag="22.12.0-trixie-build-20260805", at=sixth)])
    assert times() == merged | {"pushed": fifth.isoformat()}


def test_programs_see_the_contract() -> None:
    """The JSON of a pull request is what other tools rely on, and no more."""
    assert PULL.document() == SHOWN
