"""Alembic's environment. The database is DATABASE_URL, and nothing else needs to be set.

ALEMBIC_LOCK_TIMEOUT, such as 2s, ends a statement that waits longer for a lock: while it waits, every later query on the table waits behind it.
"""

import os
import sys
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine, pool, text

from core.config import sqlalchemy_url

fileConfig(context.config.config_file_name, disable_existing_loggers=False)


def migrate(url: str, lock_timeout: str | None) -> None:
    engine = create_engine(sqlalchemy_url(url), poolclass=pool.NullPool)
    with engine.connect() as connection:
        if lock_timeout and engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('lock_timeout', :value, false)"), {"value": lock_timeout})
            connection.commit()  # or a rollback would take the setting back
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()


url = os.environ.get("DATABASE_URL")
if not url:
    sys.exit("alembic: DATABASE_URL is not set")
migrate(url, os.environ.get("ALEMBIC_LOCK_TIMEOUT"))
