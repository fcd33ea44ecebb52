"""PostgreSQL: a pool of psycopg connections, every query measured."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from src.core import metrics

WAIT_SECONDS = 5.0  # for a connection; a statement gets as long, also when a migration holds a lock
Rows = list[dict[str, Any]]


class Database:
    def __init__(self, url: str, size: int) -> None:
        self.url, self.size = url, size
        self.pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=size,
            timeout=WAIT_SECONDS,
            # Gives up early: the next request tries at once, where the pool's own next try might be minutes away.
            reconnect_timeout=2,
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": 3,
                "application_name": "tria-backend",
                "options": f"-c statement_timeout={int(WAIT_SECONDS * 1000)}",
            },
            open=False,
        )

    async def test(self) -> str:
        """One connection by itself, so that a refusal is told in the server's own words; the pool would only time out."""
        async with await psycopg.AsyncConnection.connect(self.url, connect_timeout=5) as connection:
            row = await (await connection.execute("SELECT current_user || ' on PostgreSQL ' || current_setting('server_version')")).fetchone()
            return row[0]

    async def open(self) -> None:
        await self.pool.open(wait=True, timeout=WAIT_SECONDS)

    async def close(self) -> None:
        await self.pool.close()

    def use(self) -> dict[str, int]:
        """As the guide's readiness answer has it: the pool's size, idle connections, connections in use."""
        stats = self.pool.get_stats()
        idle = stats.get("pool_available", 0)
        return {"size": self.size, "checked_in": idle, "checked_out": stats.get("pool_size", 0) - idle}

    async def rows(self, query: str, values: Sequence[Any] = ()) -> Rows:
        async with self.work() as session:
            return await session.rows(query, values)

    @asynccontextmanager
    async def work(self) -> AsyncIterator["Session"]:
        try:
            async with self.pool.connection() as connection:
                yield Session(connection)
        except (psycopg.OperationalError, asyncio.CancelledError):  # cancelled: the caller's own time was up
            metrics.query_failures.inc()
            raise

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator["Session"]:
        async with self.work() as session, session.connection.transaction():
            yield session


class Session:
    """One connection, for as long as its work takes."""

    def __init__(self, connection: psycopg.AsyncConnection) -> None:
        self.connection = connection

    async def rows(self, query: str, values: Sequence[Any] = ()) -> Rows:
        start = time.perf_counter()
        try:
            cursor = await self.connection.execute(query, values)
            return await cursor.fetchall() if cursor.description else []
        finally:
            metrics.query_latency.observe(time.perf_counter() - start)
