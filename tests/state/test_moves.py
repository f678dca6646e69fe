"""The history of tags, and pins."""

from __future__ import annotations

from dataclasses import replace

from state.events import ImageTagged
from state.store import Move, Pin, Published, Store
from tests.state.facts import LATER, NOW

REPOSITORY = "balenalib/amd64-debian-node"
ONE, TWO, THREE = (f"sha256:{letter * 64}" for letter in "abc")
FIRST = Move(REPOSITORY, "22", "", ONE, NOW, "release", "node 22.11.0", 7)
SECOND = Move(REPOSITORY, "22", ONE, TWO, LATER, "plan", "base debian:trixie")


def test_every_move_stays_and_the_ledger_knows_the_last(store: Store) -> None:
    """Newest first, each with what it was for; other tags and repositories are other histories."""
    other = replace(FIRST, repository="balenalib/amd64-debian")
    assert store.ledger.moved([FIRST, other]) == [other, FIRST]
    assert store.ledger.moved([SECOND]) == [SECOND]
    assert store.ledger.history(REPOSITORY, "22") == [SECOND, FIRST]
    assert store.ledger.history(REPOSITORY, "24") == []
    found = store.ledger.find(REPOSITORY, "22")
    assert found == Published(REPOSITORY, "22", TWO, LATER, dated=False)


def test_what_was_told_already_is_no_news(store: Store) -> None:
    """A batch that is run again after a crash adds nothing, and keeps the time of the first telling."""
    store.ledger.moved([FIRST])
    assert store.ledger.moved([replace(FIRST, before=ONE, at=LATER)]) == []
    assert store.ledger.history(REPOSITORY, "22") == [FIRST]


def test_a_tag_that_was_written_just_before_a_crash_is_news_afterwards(store: Store) -> None:
    """The registry says that it leads there already; where it came from is then what the ledger knew."""
    store.ledger.moved([FIRST])
    found_in_place = replace(SECOND, before=TWO)
    assert store.ledger.moved([found_in_place]) == [SECOND]


def test_the_journal_tells_of_moving_names_once_and_of_those_found_in_place_too(store: Store) -> None:
    """The ledger and the event that tells of it are kept together: killed in between, it would never be told."""
    found_in_place = replace(SECOND, tag="24", before=TWO)
    store.ledger.named([FIRST, found_in_place], "node", NOW)
    store.ledger.named([FIRST, found_in_place], "node", LATER)
    told = [each.event for each in store.events_after(0)]
    assert told == [ImageTagged("node", REPOSITORY, {"22": ONE, "24": TWO})]


def test_adopted_tags_have_a_past_without_moves(store: Store) -> None:
    """The first move of an adopted tag says where it led before us."""
    store.ledger.add([Published(REPOSITORY, "22", ONE, NOW, dated=False, origin="adopted")])
    assert store.ledger.history(REPOSITORY, "22") == []
    store.ledger.moved([SECOND])
    assert [move.before for move in store.ledger.history(REPOSITORY, "22")] == [ONE]
    found = store.ledger.find(REPOSITORY, "22")
    assert found
    assert found.origin == "pushed"


def test_one_batch_may_move_a_tag_twice(store: Store) -> None:
    """The last one counts."""
    assert store.ledger.moved([FIRST, SECOND]) == [FIRST, SECOND]
    found = store.ledger.find(REPOSITORY, "22")
    assert found
    assert found.digest == TWO


def test_what_happened_before_the_history_began_is_recalled_once(store: Store) -> None:
    """It is older than what was noted since, and says nothing of where the tag leads now."""
    store.ledger.moved([SECOND])
    for _ in range(2):
        store.ledger.recall([FIRST, SECOND])
    assert store.ledger.history(REPOSITORY, "22") == [SECOND, FIRST]
    assert store.ledger.last(REPOSITORY) == {"22": TWO}
    found = store.ledger.find(REPOSITORY, "22")
    assert found
    assert found.digest == TWO


def test_dated_names_are_found_by_digest(store: Store) -> None:
    """Newest day first; moving names are none."""
    days = ("20261120", "20261122.2", "20261122.10")
    rows = [Move(REPOSITORY, f"22.1.0-trixie-run-{day}", "", ONE, NOW, "plan", dated=True) for day in days]
    store.ledger.moved([*rows, FIRST, Move(REPOSITORY, "x-20261123", "", THREE, NOW, "plan", dated=True)])
    assert [r.tag.rpartition("-")[2] for r in store.ledger.dated_names(REPOSITORY, [ONE, TWO])] == list(days[::-1])


def test_a_pin_stays_until_it_is_released(store: Store) -> None:
    """It belongs to one tag of one repository, and the newest word on it counts."""
    pins = store.ledger.pins
    pins.add([Pin(REPOSITORY, "22", ONE, NOW, "broken TLS"), Pin("balenalib/x", "22", ONE, NOW, "other")])
    newer = Pin(REPOSITORY, "22", TWO, LATER, "broken again")
    pins.add([newer])
    assert pins.of(REPOSITORY) == {"22": newer}
    assert [pin.reference for pin in pins.all()] == [f"{REPOSITORY}:22", "balenalib/x:22"]
    assert pins.remove([(REPOSITORY, "22"), (REPOSITORY, "24")]) == 1
    assert pins.of(REPOSITORY) == {}
