"""People who hold pull requests."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("pull", schema=None) as batch_op:
        batch_op.add_column(sa.Column("held", sa.Text(), server_default="", nullable=False))
