"""Which labels are put on and taken off: what is needed, nothing else, and never somebody else's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from builder.ports import Draft, label_edits, labels_after

NAMES = st.sampled_from(["watcher", "security", "Security", "eol", "removes-images", "watcher:hold", "needs-work"])
LABELS = st.lists(NAMES, max_size=6, unique_by=str.casefold)


def draft(labels: list[str], without: list[str]) -> Draft:
    """What a pull request should carry, and what not."""
    return Draft("watcher/node/22", "main", "t", "b", tuple(labels), tuple(without))


@given(LABELS, st.lists(NAMES, max_size=6), st.lists(NAMES, max_size=4))
def test_after_the_edits_it_is_as_wanted(there: list[str], labels: list[str], without: list[str]) -> None:
    """All that is wanted is there, nothing that is not wanted is, and everything else is as it was."""
    wanted = draft(labels, without)
    after = labels_after(there, wanted)
    keys = [label.casefold() for label in after]
    assert len(keys) == len(set(keys))
    assert {label.casefold() for label in labels} <= set(keys)
    assert not ({label.casefold() for label in without} - {label.casefold() for label in labels}) & set(keys)
    named = {label.casefold() for label in (*labels, *without)}
    assert [label for label in there if label.casefold() not in named] == [
        label for label in after if label.casefold() not in named
    ]


@given(LABELS, st.lists(NAMES, max_size=6), st.lists(NAMES, max_size=4))
def test_the_edits_are_the_fewest(there: list[str], labels: list[str], without: list[str]) -> None:
    """Each one changes something, and a second time there are none."""
    wanted = draft(labels, without)
    added, removed = label_edits(there, wanted)
    before, after = ({label.casefold() for label in side} for side in (there, labels_after(there, wanted)))
    assert len(added) + len(removed) == len(before ^ after)
    assert label_edits(labels_after(there, wanted), wanted) == ((), ())
