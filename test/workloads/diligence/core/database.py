"""SQLAlchemy on PostgreSQL or SQLite, in plain SQL that both understand; every statement measured."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core import metrics
from core.config import Settings

WAIT_SECONDS = 5  # for a connection, a statement, SQLite's other writer

# What a request is answered 503 for, and not 500.
AWAY = (OperationalError, PoolTimeout)


def make_engine(settings: Settings, name: str, pool_size: int) -> Engine:
    if settings.sqlite:
        engine = create_engine(settings.database_url, connect_args={"timeout": WAIT_SECONDS})
        event.listen(engine, "connect", prepare_sqlite)
    else:
        engine = create_engine(
            settings.database_url,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=WAIT_SECONDS,
            pool_pre_ping=True,
            connect_args={
                "connect_timeout": 3,
                "application_name": name,
                "options": f"-c statement_timeout={WAIT_SECONDS * 1000}",
            },
        )
    event.listen(engine, "before_cursor_execute", begin)
    event.listen(engine, "after_cursor_execute", end)
    return engine


def prepare_sqlite(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute(f"PRAGMA busy_timeout={WAIT_SECONDS * 1000}")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def begin(connection: Connection, *_: object) -> None:
    connection.info["began"] = time.perf_counter()


def end(connection: Connection, *_: object) -> None:
    metrics.query_latency.observe(time.perf_counter() - connection.info["began"])


class Database:
    def __init__(self, settings: Settings, name: str, pool_size: int) -> None:
        self.settings = settings
        self.engine = make_engine(settings, name, pool_size)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        try:
            with self.engine.begin() as connection:
                yield connection
        except SQLAlchemyError:
            metrics.query_failures.inc()
            raise

    def rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        """One statement in a transaction of its own."""
        with self.transaction() as connection:
            return rows(connection, query, **values)

    def assert_schema(self) -> None:
        """What the code needs, as queries that return nothing. Newer revisions that only add pass; no revision is named."""
        column = ", cost_status" if self.settings.uses_cost_status else ""
        self.rows(f"SELECT id, deal_id, run_id, domain, name, details, created_at, deleted_at{column} FROM facts LIMIT 0")
        self.rows("SELECT id, state, document FROM pipeline_runs LIMIT 0")


def rows(connection: Connection, query: str, **values: Any) -> list[dict[str, Any]]:
    found = connection.execute(text(query), values)
    return [dict(row) for row in found.mappings()] if found.returns_rows else []
