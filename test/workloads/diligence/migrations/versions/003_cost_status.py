"""cost_status: out of the JSON into a column of its own

Revision ID: 003
Revises: 002

Guide 004, "Migration 003". Nullable, so that the code of 002 runs on it. May be repeated after it was ended anywhere: each part looks first
whether it is there. PostgreSQL is never blocked for long: the constraint is validated and the index built while others write, rows are
filled in batches, each its own transaction. The JSON stays as it is, so that a downgrade loses nothing.
"""

import json

import sqlalchemy as sa
from alembic import op

revision = "003"
down_revision = "002"
branch_labels = None
depends_on = None

CONSTRAINT = "check_cost_status_values"
INDEX = "idx_facts_cost_status_unknown"
VALUES = ("known", "unknown", "internal_no_cost", "estimated")
CONDITION = f"cost_status IN {VALUES}"
BATCH = 500


def is_postgres():
    return op.get_bind().dialect.name == "postgresql"


def has_column():
    return any(column["name"] == "cost_status" for column in sa.inspect(op.get_bind()).get_columns("facts"))


def upgrade():
    if is_postgres():
        upgrade_postgres()
    else:
        upgrade_sqlite()


def upgrade_postgres():
    op.execute("ALTER TABLE facts ADD COLUMN IF NOT EXISTS cost_status varchar(20)")
    bind = op.get_bind()
    there = bind.scalar(sa.text(f"SELECT count(*) FROM pg_constraint WHERE conrelid = 'facts'::regclass AND conname = '{CONSTRAINT}'"))
    if not there:
        op.execute(f"ALTER TABLE facts ADD CONSTRAINT {CONSTRAINT} CHECK ({CONDITION}) NOT VALID")
    with op.get_context().autocommit_block():
        op.execute(f"ALTER TABLE facts VALIDATE CONSTRAINT {CONSTRAINT}")
        fill()
        valid = op.get_bind().scalar(sa.text(f"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass('{INDEX}')"))
        if valid is not True:
            # A concurrent build that failed leaves an invalid index of that name behind.
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
            op.execute(f"CREATE INDEX CONCURRENTLY {INDEX} ON facts (deal_id, domain) WHERE cost_status = 'unknown' AND deleted_at IS NULL")


def upgrade_sqlite():
    op.execute("DROP TABLE IF EXISTS _alembic_tmp_facts")
    if not has_column():
        with op.batch_alter_table("facts") as batch:
            batch.add_column(sa.Column("cost_status", sa.String(20)))
            batch.create_check_constraint(CONSTRAINT, CONDITION)
    fill()
    op.execute(f"CREATE INDEX IF NOT EXISTS {INDEX} ON facts (cost_status)")


def fill():
    """
    What the JSON says, where it says something valid and the column is empty. Parsed here, row by row: one row of malformed JSON, or with an
    escape that is no character, would end a statement over all of them.
    """
    bind, last, moved = op.get_bind(), 0, 0
    read = sa.text("SELECT id, CAST(details AS text) AS said FROM facts WHERE cost_status IS NULL AND id > :last ORDER BY id LIMIT :batch")
    write = sa.text("UPDATE facts SET cost_status = :status WHERE id = :id AND cost_status IS NULL")
    while found := bind.execute(read, {"last": last, "batch": BATCH}).all():
        last = found[-1].id
        if told := [{"id": row.id, "status": status} for row in found if (status := status_in(row.said))]:
            bind.execute(write, told)
            moved += len(told)
    print(f"Moved the cost_status of {moved} fact(s)", flush=True)


def status_in(said):
    try:
        found = json.loads(said or "null")
    except ValueError:
        return None
    status = found.get("cost_status") if isinstance(found, dict) else None
    return status if isinstance(status, str) and status in VALUES else None


def downgrade():
    if is_postgres():
        with op.get_context().autocommit_block():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {INDEX}")
        # The constraint goes with the column.
        op.execute("ALTER TABLE facts DROP COLUMN IF EXISTS cost_status")
        return
    op.execute("DROP TABLE IF EXISTS _alembic_tmp_facts")
    op.execute(f"DROP INDEX IF EXISTS {INDEX}")
    if has_column():
        named = {each["name"] for each in sa.inspect(op.get_bind()).get_check_constraints("facts")}
        with op.batch_alter_table("facts") as batch:
            # The table is made anew, and would be with a constraint on a column that is not there.
            if CONSTRAINT in named:
                batch.drop_constraint(CONSTRAINT, type_="check")
            batch.drop_column("cost_status")
