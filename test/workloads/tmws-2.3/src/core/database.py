"""SQLite as TMWS wants it: WAL, foreign keys, and five seconds of patience with another writer."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from src.config import async_database_url, pool

T = TypeVar("T")

# SQLite lets its waiting writers try at random, and the unlucky ones until busy_timeout; here they queue up.
writer = asyncio.Lock()


def prepare_connection(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for pragma in ("busy_timeout=5000", "journal_mode=WAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


@cache
def async_engine() -> AsyncEngine:
    engine = create_async_engine(async_database_url(os.environ), **pool(os.environ))
    event.listen(engine.sync_engine, "connect", prepare_connection)
    return engine


def overflow() -> int:
    """How many connections a burst may open beside those of the pool."""
    return pool(os.environ)["max_overflow"]


@asynccontextmanager
async def get_db() -> AsyncIterator[AsyncSession]:
    async with AsyncSession(async_engine(), expire_on_commit=False) as session:
        yield session


async def read(work: Callable[..., T], *args: Any) -> T:
    async with get_db() as db:
        return await db.run_sync(work, *args)


async def write(work: Callable[..., T], *args: Any) -> T:
    """Takes the write lock first: a transaction that reads and then writes would fail at once when another one wrote between."""
    async with writer, get_db() as db, db.begin():
        await db.execute(text("BEGIN IMMEDIATE"))
        return await db.run_sync(work, *args)
