"""Alembic's environment. The database is ORDERS_DATABASE_URL, and nothing else needs to be set.

ALEMBIC_LOCK_TIMEOUT, such as 2s, ends a statement that waits longer for a lock: while it waits, every later query on the table waits behind it.
`--sql` works without a database.
"""

import os
import sys
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine, pool, text

from src.config import ConfigError, sqlalchemy_url

fileConfig(context.config.config_file_name, disable_existing_loggers=False)


def migrate(url: str, lock_timeout: str | None) -> None:
    engine = create_engine(url, poolclass=pool.NullPool, connect_args={"connect_timeout": 5, "application_name": "orders-alembic"})
    with engine.connect() as connection:
        if lock_timeout:
            connection.execute(text("SELECT set_config('lock_timeout', :value, false)"), {"value": lock_timeout})
            connection.commit()  # or a rollback would take the setting back
        context.configure(connection=connection, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def print_sql(lock_timeout: str | None) -> None:
    context.configure(dialect_name="postgresql", literal_binds=True, transaction_per_migration=True)
    if lock_timeout:
        context.execute(text("SET lock_timeout = :value").bindparams(value=lock_timeout))
    with context.begin_transaction():
        context.run_migrations()


if context.is_offline_mode():
    print_sql(os.environ.get("ALEMBIC_LOCK_TIMEOUT"))
else:
    try:
        migrate(sqlalchemy_url(os.environ), os.environ.get("ALEMBIC_LOCK_TIMEOUT"))
    except ConfigError as error:
        sys.exit(f"orders: {error}")
