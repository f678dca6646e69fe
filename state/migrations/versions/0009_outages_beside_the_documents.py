"""outages beside the documents, and when what a pull request brought was pushed."""

import sqlalchemy as sa
from alembic import op

revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('source', schema=None) as batch_op:
        batch_op.add_column(sa.Column('outages', sa.JSON(), server_default='{}', nullable=False))
    with op.batch_alter_table('move', schema=None) as batch_op:
        batch_op.create_index('ix_move_pull', ['pull', 'dated', 'at'], unique=False)
