"""Causes of events, and outcomes of builds, found by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_event_at", "event", ["at"])
    op.create_index("ix_event_done_at", "event", ["done_at"])
    for name, columns, where in (
        ("ix_build_made", ["kind", "cached"], "digest <> ''"),
        ("ix_build_again", ["attempts"], "digest <> '' AND attempts > 1"),
    ):
        op.create_index(name, "build", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
