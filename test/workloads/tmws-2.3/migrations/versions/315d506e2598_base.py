"""The schema of TMWS 2.3: agents and memories, with 1,000 agents to migrate

Revision ID: 315d506e2598
Revises:
Create Date: 2025-11-16 12:00:00
"""

import uuid
from datetime import datetime, timedelta

import sqlalchemy as sa
from alembic import op

from src.reference_fault import pause

revision = "315d506e2598"
down_revision = None
branch_labels = None
depends_on = None

FIRST_DAY = datetime(2025, 1, 1, 12, 0, 0)
NAMES = {3: "Ártemis Ødegård", 7: "アルテミス", 42: "Хестия", 77: "أثينا", 128: "🦉 Athéna", 256: "O'Brien; --", 512: "", 999: "米米米"}


def agent(number: int) -> dict:
    """The same agent on every machine. Every tenth has no name and was never seen, as real tables have."""
    blank = number % 10 == 0
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"tmws:agent:{number}")),
        "agent_id": f"agent-{number:04d}",
        "display_name": None if blank else NAMES.get(number, f"Agent {number}"),
        "namespace": ("default", "research", "support")[number % 3],
        "status": "inactive" if number % 50 == 0 else "active",
        "source": "seed",
        "created_at": FIRST_DAY + timedelta(hours=number),
        "last_seen_at": None if blank else FIRST_DAY + timedelta(days=number % 300, minutes=number),
    }


def upgrade():
    agents = op.create_table(
        "agents",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("agent_id", sa.String(255), nullable=False),
        sa.Column("display_name", sa.String(255), nullable=True),
        sa.Column("namespace", sa.String(64), nullable=False, server_default="default"),
        sa.Column("status", sa.String(20), nullable=False, server_default="active"),
        sa.Column("source", sa.String(20), nullable=False, server_default="api"),
        sa.Column("created_at", sa.DateTime, nullable=False, server_default=sa.func.now()),
        sa.Column("last_seen_at", sa.DateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_agents"),
        sa.UniqueConstraint("agent_id", name="uq_agents_agent_id"),
    )
    op.create_index("idx_agents_namespace", "agents", ["namespace"])
    op.create_table(
        "memories",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("namespace", sa.String(64), nullable=False, server_default="default"),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", name="pk_memories"),
    )
    op.create_index("idx_memories_namespace", "memories", ["namespace"])
    pause()
    op.bulk_insert(agents, [agent(number) for number in range(1, 1001)])


def downgrade():
    op.drop_table("memories")
    op.drop_table("agents")
