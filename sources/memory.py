"""Proofs for as long as the program runs, where there is no database: ``watcher check`` keeps nothing."""

from __future__ import annotations

from dataclasses import dataclass, field

from state.model import Proof


@dataclass(slots=True)
class Memory:
    """Satisfies :class:`sources.source.Proofs`."""

    proofs: dict[tuple[str, str], Proof] = field(default_factory=dict)

    def find(self, url: str, evidence: str) -> Proof | None:
        """See :meth:`sources.source.Proofs.find`."""
        return self.proofs.get((url, evidence))

    def keep(self, url: str, evidence: str, proof: Proof) -> None:
        """See :meth:`sources.source.Proofs.keep`."""
        self.proofs[url, evidence] = proof
