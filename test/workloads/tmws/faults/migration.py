"""FAULT=migration: changes rows, keeps the change, then fails. What it leaves behind must be undone by a restore."""

import sqlalchemy as sa
from alembic import op

revision = "fault_migration"
down_revision = "20251124_v2_license"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute(sa.text("UPDATE agents SET display_name = 'spoilt by fault_migration'"))
    raise RuntimeError("fault_migration: deliberate failure after changing rows")


def downgrade():
    raise RuntimeError("fault_migration: cannot be undone")
