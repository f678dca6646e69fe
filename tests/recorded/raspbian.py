"""Raspbian: no InRelease of it is recorded. Its old test tree and a made-up head are unsigned, and refused as such."""

from __future__ import annotations

import asyncio
from pathlib import Path

from sources import suites
from state.errors import SourceError
from tests.recorded.outcome import Outcome
from tests.sources.pages import Pages


def check(folder: Path) -> Outcome:
    """Read the heads, and see them refused where a signature is wanted."""
    outcome = Outcome()
    for file in sorted(folder.glob("*.Release*")):
        outcome.files += 1
        body = file.read_bytes()
        suites.read_suite("raspbian", file.name, body, "Raspbian", file.name.split(".")[0])
        try:
            asyncio.run(suites.signed(Pages({}, source="raspbian"), file.name, body))
        except SourceError as error:
            outcome.refused.append((file.name, str(error)))
    return outcome
