"""FAULT=migration-ok: no fault at all, a next migration that expands the schema.

Revision ID: 20260101_v2_note
Revises: 20251124_v2_license
"""

import sqlalchemy as sa
from alembic import op

revision = "20260101_v2_note"
down_revision = "20251124_v2_license"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("agents", sa.Column("note", sa.Text, nullable=True))


def downgrade():
    with op.batch_alter_table("agents") as agents:
        agents.drop_column("note")
