"""Redis, for the health answer; the queue itself is Celery's."""

from redis import Redis


def connect(url: str) -> Redis:
    return Redis.from_url(url, socket_timeout=3, socket_connect_timeout=3)
