"""Which builds are begun first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

from state.model import Build
from watcher.build_graph import Graph

NOW = datetime(2026, 8, 10, tzinfo=UTC)
ONE = Build(
    plan=1, commit="c" * 40, name="", kind="build", platform="linux/amd64", hw="amd64", dockerfile="", base="",
    day=date(2026, 8, 10),
)  # fmt: skip


def graph(*rows: tuple[str, str], relabels: tuple[str, ...] = ()) -> Graph:
    """A queue of images, each with what it stands on ("": what is there), in this order; the Dockerfile is the name."""
    builds = [
        replace(ONE, id=number, name=name, dockerfile=name, kind="relabel" if name in relabels else "build")
        for number, (name, _) in enumerate(rows)
    ]
    return Graph(builds, {number: [base] if base else [] for number, (_, base) in enumerate(rows)}, {}, NOW)


def test_a_base_counts_with_the_longest_of_what_stands_on_it() -> None:
    """Not with the sum: they are made side by side. A base may be queued after what stands on it."""
    found = graph(("stack", "os"), ("other", "os"), ("alone", ""), ("os", ""))
    assert found.left_after({"os": 10, "stack": 200, "other": 5, "alone": 50}) == {0: 200, 1: 5, 2: 50, 3: 210}


def test_what_was_never_built_takes_as_long_as_the_others_do_and_a_device_no_time() -> None:
    """Where nothing is known all are alike, and the order is that of the planning."""
    found = graph(("stack", "os"), ("os", ""), ("device", "stack"), relabels=("device",))
    assert found.left_after({"os": 30}) == {0: 30, 1: 60, 2: 0}
    assert found.left_after({}) == {0: 1, 1: 2, 2: 0}
