"""A note on an order

Revision ID: 0002_note
Revises: 0001_orders

Only adds, so the code of 0001_orders runs on it. May be repeated after a lock time-out in its middle.
"""

from alembic import op

revision = "0002_note"
down_revision = "0001_orders"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN IF NOT EXISTS note text")
    with op.get_context().autocommit_block():
        # A concurrent build that failed leaves an invalid index of that name behind.
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS idx_orders_note")
        op.execute("CREATE INDEX CONCURRENTLY idx_orders_note ON orders (note) WHERE note IS NOT NULL")


def downgrade():
    with op.get_context().autocommit_block():
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS idx_orders_note")
    op.execute("ALTER TABLE orders DROP COLUMN IF EXISTS note")
