"""The ledger of what the registry holds."""

from __future__ import annotations

from state.store import Published, Store
from tests.state.facts import LATER, NOW

REPOSITORY = "balenalib/amd64-debian-node"
OLD, NEW = f"sha256:{'a' * 64}", f"sha256:{'b' * 64}"


def _row(tag: str, digest: str = NEW, *, dated: bool = False) -> Published:
    return Published(REPOSITORY, tag, digest, NOW, dated)


def test_a_tag_is_known_by_its_newest_digest(store: Store) -> None:
    """A moving tag has one digest at a time; repositories do not mix."""
    store.ledger.add([_row("22", OLD), Published("balenalib/amd64-debian", "22", OLD, NOW, dated=False)])
    moved = Published(REPOSITORY, "22", NEW, LATER, dated=False, origin="adopted")
    store.ledger.add([moved])
    assert store.ledger.find(REPOSITORY, "22") == moved
    assert store.ledger.find(REPOSITORY, "24") is None
    assert store.ledger.of(REPOSITORY) == [moved]
    assert moved.reference == "balenalib/amd64-debian-node:22"
    assert store.ledger.repositories() == ["balenalib/amd64-debian", REPOSITORY]


def test_dated_tags_are_those_of_one_name_newest_first(store: Store) -> None:
    """The second digest of a day is newer than the first, the tenth than the ninth; longer names are others."""
    days = ["20261120", "20261122", "20261122.1", "20261122.9", "20261122.10"]
    rows = [_row(f"22.1.0-trixie-run-{day}", dated=True) for day in days]
    others = [_row("22.1.0-trixie-run"), _row("22.1.0-trixie-20261122", dated=True), _row("22.1.0-trixie-runs-1")]
    store.ledger.add([*rows, *others])
    found = store.ledger.dated(REPOSITORY, "22.1.0-trixie-run")
    assert [row.tag.rpartition("-")[2] for row in found] == days[::-1]
    assert [row.tag for row in store.ledger.dated(REPOSITORY, "22.1.0-trixie")] == ["22.1.0-trixie-20261122"]
    assert store.ledger.dated(REPOSITORY, "22.1.0_trixie") == []
