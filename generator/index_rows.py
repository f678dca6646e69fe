"""What the catalogue says of an index over all architectures: whom it waits for."""

from __future__ import annotations

from dataclasses import dataclass

from generator.toml import NAME, Table, architecture
from state.model import Arch


@dataclass(frozen=True, slots=True)
class IndexRule:
    """When an index over all architectures is written though one of them is late.

    Without those in ``requires`` it never is; a name that has the late one now stays ``wait_up_to_hours`` where it is, then
    goes on without it.
    """

    requires: tuple[Arch, ...] = (Arch.AMD64, Arch.AARCH64)
    wait_up_to_hours: int = 72

    @classmethod
    def read(cls, table: Table) -> IndexRule:
        """Read ``index_requires`` and ``index_wait_up_to_hours``."""
        rule = cls()
        requires = tuple(architecture(table, "index_requires", name) for name in table.strings("index_requires", NAME))
        hours = table.number("index_wait_up_to_hours", rule.wait_up_to_hours)
        return cls(requires if "index_requires" in table.data else rule.requires, hours)
