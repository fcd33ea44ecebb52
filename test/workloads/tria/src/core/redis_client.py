"""Redis: locks, sessions and the cache."""

import secrets
import time

from redis.asyncio import Redis
from redis.exceptions import RedisError

SLOW_SECONDS = 0.5  # the median of a few answers; a healthy one takes a millisecond
SAMPLES = 5


def connect(host: str, port: int, password: str, db: int) -> Redis:
    return Redis(
        host=host, port=port, password=password, db=db, decode_responses=True, socket_timeout=2, socket_connect_timeout=2
    )


async def read_write(redis: Redis) -> None:
    """Raises when what was written is not what is read."""
    key, value = f"tria:test:{secrets.token_hex(8)}", secrets.token_hex(8)
    await redis.set(key, value, ex=10)
    found = await redis.get(key)
    await redis.delete(key)
    if found != value:
        raise RedisError("read something else than was written")


async def response_seconds(redis: Redis) -> float:
    """The median time of an answer. Raises when Redis is too slow to work with."""
    times = []
    for _ in range(SAMPLES):
        start = time.perf_counter()
        await redis.ping()
        times.append(time.perf_counter() - start)
    median = sorted(times)[SAMPLES // 2]
    if median > SLOW_SECONDS:
        raise RedisError(f"answers within {median * 1000:.0f} ms, allowed are {SLOW_SECONDS * 1000:.0f}")
    return median
