"""The cache system: JSON in Redis for a minute, shared by all replicas. A cache that is away is an empty one."""

import json
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

LIFE_SECONDS = 60


class Cache:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def get(self, key: str) -> Any | None:
        try:
            found = await self.redis.get(f"tria:cache:{key}")
            return None if found is None else json.loads(found)
        except RedisError:
            return None

    async def put(self, key: str, value: Any) -> bool:
        try:
            return bool(await self.redis.set(f"tria:cache:{key}", json.dumps(value), ex=LIFE_SECONDS))
        except RedisError:
            return False
