"""A GitHub of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.site import Site, site


@pytest.fixture
def github(tmp_path: Path) -> Iterator[Site]:
    """A repository with one commit; at the end nothing may have been unlike GitHub's description."""
    with site(tmp_path) as made:
        yield made
