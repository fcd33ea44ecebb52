"""Alembic's environment. The database is TMWS_DATABASE_URL, and nothing else needs to be set."""

import logging
import os
import sys
from logging.config import fileConfig

from alembic import context
from sqlalchemy import create_engine, pool

from src.config import ConfigError, sync_database_url

fileConfig(context.config.config_file_name, disable_existing_loggers=False)
log = logging.getLogger("alembic.runtime.migration")


def migrate(url: str) -> None:
    """Foreign keys are off while batch mode rebuilds tables (a rebuild drops the old one), and are checked afterwards."""
    engine = create_engine(url, poolclass=pool.NullPool, connect_args={"timeout": 5})
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        context.configure(connection=connection, render_as_batch=True, transaction_per_migration=True)
        with context.begin_transaction():
            context.run_migrations()
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            sys.exit(f"tmws: {len(broken)} row(s) break a foreign key, first: {tuple(broken[0])}; restore the backup")
    engine.dispose()


if context.is_offline_mode():
    sys.exit("tmws: --sql cannot work here: batch mode and the data migration read the database. Migrate a copy instead.")
try:
    migrate(sync_database_url(os.environ))
except ConfigError as error:
    sys.exit(f"tmws: {error}")
