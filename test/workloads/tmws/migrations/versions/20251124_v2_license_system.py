"""Progressive Disclosure v2.0 - License System

Revision ID: 20251124_v2_license
Revises: 315d506e2598
Create Date: 2025-11-24 12:00:00

As the deployment guide means it (2.1): partial indexes by sa.text(), columns and the foreign key of agents in batch
mode, a server default for validation_count, and real license keys.
"""

import logging
import uuid
from datetime import datetime, timedelta, timezone

import sqlalchemy as sa
from alembic import op

from src.reference_fault import pause
from src.services.license_keys import generate

revision = "20251124_v2_license"
down_revision = "315d506e2598"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")


def create_license_keys():
    op.create_table(
        "license_keys",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("license_key", sa.String(200), unique=True, nullable=False),
        sa.Column("tier", sa.String(20), nullable=False, server_default="FREE"),
        sa.Column("agent_id", sa.String(255), sa.ForeignKey("agents.agent_id")),
        sa.Column("created_at", sa.DateTime, nullable=False, server_default=sa.func.now()),
        sa.Column("expires_at", sa.DateTime, nullable=True),  # NULL = perpetual
        sa.Column("is_active", sa.Boolean, nullable=False, server_default=sa.true()),
        sa.Column("revoked_at", sa.DateTime, nullable=True),
        sa.Column("revoked_reason", sa.Text, nullable=True),
        sa.Column("last_validated_at", sa.DateTime, nullable=True),
        sa.Column("validation_count", sa.Integer, nullable=False, server_default=sa.text("0")),
        sa.CheckConstraint("tier IN ('FREE', 'PRO', 'ENTERPRISE', 'ADMINISTRATOR')", name="ck_license_tier"),
    )
    op.create_index("idx_license_keys_agent", "license_keys", ["agent_id"])
    op.create_index("idx_license_keys_tier", "license_keys", ["tier"])
    op.create_index(
        "idx_license_keys_expiry", "license_keys", ["expires_at"], sqlite_where=sa.text("expires_at IS NOT NULL")
    )
    op.create_index("idx_license_keys_active", "license_keys", ["is_active", "expires_at"])


def license_every_agent() -> int:
    """Gives each existing agent a FREE license of 30 days and returns how many there were."""
    connection = op.get_bind()
    agents = sa.table(
        "agents",
        sa.column("agent_id", sa.String),
        sa.column("license_key_id", sa.String),
        sa.column("license_expiration", sa.DateTime),
    )
    licenses = sa.table(
        "license_keys",
        *(sa.column(name, sa.String) for name in ("id", "license_key", "tier", "agent_id")),
        *(sa.column(name, sa.DateTime) for name in ("created_at", "expires_at")),
    )
    now = datetime.now(timezone.utc).replace(tzinfo=None)
    expires_at = now + timedelta(days=30)
    rows = []
    for agent_id in connection.execute(sa.select(agents.c.agent_id)).scalars():
        license_id = str(uuid.uuid4())
        rows.append({
            "id": license_id,
            "license_key": generate(license_id, "FREE", expires_at),
            "tier": "FREE",
            "agent_id": agent_id,
            "created_at": now,
            "expires_at": expires_at,
        })
    if rows:
        connection.execute(licenses.insert(), rows)
        connection.execute(
            agents.update()
            .where(agents.c.agent_id == sa.bindparam("agent"))
            .values(license_key_id=sa.bindparam("license"), license_expiration=sa.bindparam("expires")),
            [{"agent": row["agent_id"], "license": row["id"], "expires": expires_at} for row in rows],
        )
    return len(rows)


def upgrade():
    create_license_keys()
    with op.batch_alter_table("agents") as agents:
        agents.add_column(sa.Column("license_key_id", sa.String(36), nullable=True))
        agents.add_column(sa.Column("license_tier", sa.String(20), nullable=False, server_default="FREE"))
        agents.add_column(sa.Column("license_expiration", sa.DateTime, nullable=True))
        agents.create_foreign_key("fk_agents_license_key", "license_keys", ["license_key_id"], ["id"])
    pause()
    count = license_every_agent()
    op.create_index(
        "idx_agents_license_expiry",
        "agents",
        ["license_expiration"],
        sqlite_where=sa.text("license_expiration IS NOT NULL"),
    )
    log.info("Migrated %d agent(s) to FREE tier", count)


def downgrade():
    """Back to 2.3. Licenses are lost, agents stay."""
    op.drop_index("idx_agents_license_expiry", table_name="agents")
    with op.batch_alter_table("agents") as agents:
        agents.drop_constraint("fk_agents_license_key", type_="foreignkey")
        agents.drop_column("license_expiration")
        agents.drop_column("license_tier")
        agents.drop_column("license_key_id")
    pause()
    for name in ("active", "expiry", "tier", "agent"):
        op.drop_index(f"idx_license_keys_{name}", table_name="license_keys")
    op.drop_table("license_keys")
