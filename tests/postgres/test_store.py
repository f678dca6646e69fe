# ruff: noqa: F403
"""Every test of the store that is not about a file, on PostgreSQL: the fixtures are this folder's."""

from __future__ import annotations

from tests.state.test_builds import *
from tests.state.test_desk import *
from tests.state.test_journal import *
from tests.state.test_moves import *
from tests.state.test_polls import *
from tests.state.test_published import *
from tests.state.test_pulls import *
from tests.state.test_schema import (
    test_a_foreign_database_is_refused,
    test_reopening_does_not_import_alembic,
    test_two_connections_lose_no_update,
    test_what_was_recorded_outlives_a_kill,
)

__all__ = [
    "test_a_foreign_database_is_refused",
    "test_reopening_does_not_import_alembic",
    "test_two_connections_lose_no_update",
    "test_what_was_recorded_outlives_a_kill",
]
