"""Pipeline runs, notes, counted tasks

Revision ID: 002
Revises: 001
"""

import sqlalchemy as sa
from alembic import op

revision = "002"
down_revision = "001"
branch_labels = None
depends_on = None

now = sa.text("CURRENT_TIMESTAMP")


def upgrade():
    op.create_table(
        "pipeline_runs",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("deal_id", sa.String(100), sa.ForeignKey("deals.id", ondelete="CASCADE"), nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("domain", sa.String(50), nullable=False),
        sa.Column("state", sa.String(20), nullable=False, server_default="queued"),
        sa.Column("problem", sa.Text),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("started_at", sa.DateTime(timezone=True)),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
    )
    op.create_index("idx_pipeline_runs_deal", "pipeline_runs", ["deal_id"])
    op.create_table(
        "notes",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(200), nullable=False, unique=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )
    # An attempt for each beginning, a result for each task.
    op.create_table(
        "task_attempts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("batch", sa.String(100), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(100), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )
    op.create_index("idx_task_attempts_batch", "task_attempts", ["batch"])
    op.create_table(
        "task_results",
        sa.Column("batch", sa.String(100), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("worker", sa.String(100), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )


def downgrade():
    for table in ("task_results", "task_attempts", "notes", "pipeline_runs"):
        op.drop_table(table)
