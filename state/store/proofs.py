"""What detached signatures proved: a large file is downloaded for its signature once, not at every look."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sqlmodel import Session

from state.model import Checksum, Proof
from state.tables import ProofRow

_Transaction = Callable[[], AbstractContextManager[Session]]


class Proofs:
    """Proofs by URL and evidence (a digest of signature and keys): each method is one transaction."""

    def __init__(self, reading: _Transaction, writing: _Transaction) -> None:
        """Keep the rows in the store's database; both open a transaction of it."""
        self._reading, self._writing = reading, writing

    def find(self, url: str, evidence: str) -> Proof | None:
        """Return what *evidence* proved of the file at *url*, or None."""
        with self._reading() as session:
            row = session.get(ProofRow, (url, evidence))
            return Proof(Checksum(row.algorithm, row.digest), row.verified, row.made) if row else None

    def keep(self, url: str, evidence: str, proof: Proof) -> None:
        """Remember it."""
        algorithm, digest = proof.checksum.algorithm, proof.checksum.digest
        with self._writing() as session:
            session.merge(
                ProofRow(
                    url=url,
                    evidence=evidence,
                    algorithm=algorithm,
                    digest=digest,
                    verified=proof.verified,
                    made=proof.made,
                )
            )
