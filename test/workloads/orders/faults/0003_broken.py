"""FAULT=migration: adds a column, then fails

PostgreSQL takes the column back with the transaction: the schema stays 0002_note.
"""

from alembic import op

revision = "0003_broken"
down_revision = "0002_note"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE orders ADD COLUMN broken integer")
    raise RuntimeError("0003_broken: deliberate failure after adding a column")


def downgrade():
    raise RuntimeError("0003_broken: was never applied")
