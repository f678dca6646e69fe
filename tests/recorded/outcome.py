"""What came of reading the recordings of one source."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Outcome:
    """How many files were read, the releases in them, and what was refused (file, reason).

    ``good`` is False where something else was refused than is known to be unusable.
    """

    files: int = 0
    releases: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)
    good: bool = True
