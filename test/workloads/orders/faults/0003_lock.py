"""FAULT=migration-lock: one more column

Harmless, but needs an ACCESS EXCLUSIVE lock on orders: it waits for every open transaction that read the table.
"""

from alembic import op

revision = "0003_lock"
down_revision = "0002_note"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN reviewed boolean")


def downgrade():
    op.execute("ALTER TABLE orders DROP COLUMN reviewed")
