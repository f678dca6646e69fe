"""Reading what mutations made of a source's documents, as a poll does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sources.source import Source
from state.errors import SourceError
from state.model import Release
from tests.sources.mutations import FUZZ, mutate, outcome_of
from tests.sources.mutations import broken_bytes as damage

__all__ = ["FUZZ", "damage", "mutate", "read"]


def read(source: Source, documents: Mapping[str, bytes], urls: Sequence[str]) -> Sequence[Release]:
    """Return the releases, or none where an error names source, one of *urls* and the problem."""
    first = {name: documents[name] for name in source.DOCUMENTS}
    for outcome in (outcome_of(lambda: source.more(first)), outcome_of(lambda: source.releases(documents))):
        if isinstance(outcome, SourceError):
            assert outcome.source == source.NAME
            assert outcome.url in urls
            assert outcome.problem
            assert str(outcome).encode()
            return []
    assert isinstance(outcome, Sequence)
    assert outcome
    assert all(r.source == source.NAME and not r.version.is_prerelease for r in outcome)
    return outcome
