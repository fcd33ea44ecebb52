"""FAULT=migration-live: passes on any copy of the database, fails on /app/data/tmws.db. A rehearsal cannot foresee it."""

import sqlalchemy as sa
from alembic import op

revision = "fault_migration"
down_revision = "20251124_v2_license"
branch_labels = None
depends_on = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute(sa.text("UPDATE agents SET display_name = 'spoilt by fault_migration'"))
    file = op.get_bind().exec_driver_sql("PRAGMA database_list").fetchone()[2]
    if file == "/app/data/tmws.db":
        raise RuntimeError("fault_migration: deliberate failure on the live database")


def downgrade():
    pass
