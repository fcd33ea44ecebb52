"""Orders, and the jobs of the worker

Revision ID: 0001_orders
Revises:
"""

from alembic import op

revision = "0001_orders"
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    """Identity columns, not serial: an application role without CREATE then needs rights on the tables only, none on sequences."""
    op.execute("""
        CREATE TABLE orders (
            id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_orders PRIMARY KEY,
            key text NOT NULL CONSTRAINT uq_orders_key UNIQUE,
            item text NOT NULL,
            quantity integer NOT NULL CONSTRAINT ck_orders_quantity CHECK (quantity > 0),
            created_at timestamptz NOT NULL DEFAULT now()
        )
    """)
    op.execute("CREATE INDEX idx_orders_created_at ON orders (created_at)")
    op.execute("""
        CREATE TABLE jobs (
            id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_jobs PRIMARY KEY,
            seconds double precision NOT NULL CONSTRAINT ck_jobs_seconds CHECK (seconds >= 0),
            state text NOT NULL DEFAULT 'waiting' CONSTRAINT ck_jobs_state CHECK (state IN ('waiting', 'running', 'done')),
            worker text,
            created_at timestamptz NOT NULL DEFAULT now(),
            started_at timestamptz
        )
    """)
    op.execute("CREATE INDEX idx_jobs_open ON jobs (id) WHERE state <> 'done'")
    op.execute("""
        CREATE TABLE job_results (
            job_id bigint CONSTRAINT pk_job_results PRIMARY KEY
                CONSTRAINT fk_job_results_job REFERENCES jobs (id) ON DELETE CASCADE,
            worker text NOT NULL,
            finished_at timestamptz NOT NULL DEFAULT now()
        )
    """)


def downgrade():
    for table in ("job_results", "jobs", "orders"):
        op.execute(f"DROP TABLE {table}")
