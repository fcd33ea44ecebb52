"""FAULT=migration: adds a column, then fails

PostgreSQL takes the column back with the transaction: the schema stays 003.
"""

from alembic import op

revision = "004"
down_revision = "003"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE facts ADD COLUMN broken integer")
    raise RuntimeError("004: deliberate failure after adding a column")


def downgrade():
    raise RuntimeError("004: was never applied")
