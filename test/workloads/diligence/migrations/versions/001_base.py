"""Deals and the facts found in their documents

Revision ID: 001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "001"
down_revision = None
branch_labels = None
depends_on = None

# PostgreSQL's json keeps a text as it was written; SQLite's JSON is text, well-formed or not.
document = sa.Text().with_variant(postgresql.JSON(), "postgresql")
now = sa.text("CURRENT_TIMESTAMP")


def upgrade():
    op.create_table(
        "deals",
        sa.Column("id", sa.String(100), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
    )
    op.create_table(
        "facts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("deal_id", sa.String(100), sa.ForeignKey("deals.id", ondelete="CASCADE"), nullable=False),
        sa.Column("run_id", sa.String(100)),
        sa.Column("domain", sa.String(50), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("details", document),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=now),
        sa.Column("deleted_at", sa.DateTime(timezone=True)),
    )
    op.create_index("idx_facts_deal_domain", "facts", ["deal_id", "domain"])


def downgrade():
    op.drop_table("facts")
    op.drop_table("deals")
