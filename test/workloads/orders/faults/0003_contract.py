"""FAULT=contract: no note any more

The code of 0002_note uses orders.note, this image's code does not. What the notes said is lost.
"""

from alembic import op

revision = "0003_contract"
down_revision = "0002_note"
branch_labels = None
depends_on = None


def upgrade():
    op.execute("ALTER TABLE orders DROP COLUMN note")


def downgrade():
    op.execute("ALTER TABLE orders ADD COLUMN note text")
    op.execute("CREATE INDEX idx_orders_note ON orders (note) WHERE note IS NOT NULL")
