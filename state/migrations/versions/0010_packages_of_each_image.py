"""Packages of each image, and builds by state and plan."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "listing",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("packages", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_listing")),
    )
    with op.batch_alter_table("build", schema=None) as batch_op:
        batch_op.add_column(sa.Column("packages", sa.Text(), server_default="", nullable=False))
        batch_op.drop_index("ix_build_state")
        batch_op.create_index("ix_build_state_plan", ["state", "plan"], unique=False)
        batch_op.create_index(batch_op.f("ix_build_digest"), ["digest"], unique=False)
