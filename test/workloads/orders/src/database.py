"""PostgreSQL for the web part: a small pool of psycopg connections, every query measured, each its own transaction."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from src import metrics

POOL_SIZE = 10  # replicas of two releases at once stay far below PostgreSQL's 100
WAIT_SECONDS = 5.0  # for a connection; a statement gets as long, also when a migration holds a lock


class Database:
    def __init__(self, url: str) -> None:
        self.pool = AsyncConnectionPool(
            url,
            min_size=1,
            max_size=POOL_SIZE,
            timeout=WAIT_SECONDS,
            # Gives up early: the next request tries at once, where the pool's own next try might be minutes away.
            reconnect_timeout=2,
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "connect_timeout": 3,
                "application_name": "orders-web",
                "options": f"-c statement_timeout={int(WAIT_SECONDS * 1000)}",
            },
            open=False,
        )

    async def open(self) -> None:
        """Does not wait: without a database the process lives, and /health says why it cannot serve."""
        await self.pool.open(wait=False)

    async def close(self) -> None:
        await self.pool.close()

    async def rows(self, query: str, values: Sequence[Any] = ()) -> list[dict[str, Any]]:
        try:
            async with self.pool.connection() as connection:
                start = time.perf_counter()
                try:
                    cursor = await connection.execute(query, values)
                    return await cursor.fetchall() if cursor.description else []
                finally:
                    metrics.query_latency.observe(time.perf_counter() - start)
        except (psycopg.Error, asyncio.CancelledError):  # cancelled: the caller's own time was up
            metrics.query_failures.inc()
            raise
