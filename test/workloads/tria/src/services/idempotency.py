"""A request that is sent twice has one effect and one answer, whichever replicas get it and however close together.

The truth is the row, unique per user and key, written in the same transaction as the effect. The lock in Redis only keeps a second request from
doing the work in vain; when its holder dies it expires, and the row still decides.
"""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any

from redis.asyncio import Redis

from src.core.database import Database, Session

LOCK_SECONDS = 40  # longer than the longest answer
WAIT_SECONDS = 25.0
POLL_SECONDS = 0.05
UNLOCK = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0"


class StillRunning(Exception):
    """The first request with this key has not ended yet."""


class KeyReused(Exception):
    """The key was used for another request."""


def request_hash(body: dict[str, Any]) -> str:
    return sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()


class Idempotency:
    def __init__(self, database: Database, redis: Redis) -> None:
        self.database, self.redis = database, redis

    async def earlier(self, user: str, key: str, wanted: str) -> dict[str, Any] | None:
        """The answer to an earlier request with this key."""
        found = await self.database.rows(
            "SELECT request_hash, response FROM idempotency_keys WHERE user_id = %s AND key = %s", [user, key]
        )
        if not found:
            return None
        if found[0]["request_hash"] != wanted:
            raise KeyReused
        return found[0]["response"]

    async def remember(self, session: Session, user: str, key: str, wanted: str, response: dict[str, Any]) -> bool:
        """False when another request was first: then the transaction must not be committed."""
        made = await session.rows(
            "INSERT INTO idempotency_keys (user_id, key, request_hash, response) VALUES (%s, %s, %s, %s::json)"
            " ON CONFLICT DO NOTHING RETURNING 1 AS made",
            [user, key, wanted, json.dumps(response)],
        )
        return bool(made)

    @asynccontextmanager
    async def alone(self, user: str, key: str) -> AsyncIterator[None]:
        name = f"tria:lock:{sha256(json.dumps([user, key]).encode()).hexdigest()}"
        owner, end = secrets.token_hex(16), time.monotonic() + WAIT_SECONDS
        while not await self.redis.set(name, owner, nx=True, ex=LOCK_SECONDS):
            if time.monotonic() > end:
                raise StillRunning
            await asyncio.sleep(POLL_SECONDS)
        try:
            yield
        finally:
            await self.redis.eval(UNLOCK, 1, name, owner)
