"""Liveness, readiness, diagnostics (guide 003, part 6)."""

import asyncio
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import datetime, timezone
from typing import Any

import psutil
import psycopg
from redis.exceptions import RedisError

from src.core import redis_client, schema
from src.core.chroma_client import ChromaError
from src.fault import FAULT
from src.services.components import Connections

PATIENCE_SECONDS = 3.0


class HealthMonitor:
    def __init__(self, made: Connections, startup: list[dict[str, object]]) -> None:
        self.made, self.startup = made, startup
        self.started = time.monotonic()
        psutil.cpu_percent()  # the first call answers 0.0: later ones compare with it

    def liveness(self) -> dict[str, Any]:
        """Asks nobody: a process is not restarted because its database is away."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"status": "alive", "timestamp": now, "uptime_seconds": int(time.monotonic() - self.started)}

    async def readiness(self) -> dict[str, Any]:
        database, redis = await asyncio.gather(self.database(), self.redis())
        services = {"database": database, "redis": redis, "openai": self.openai()}
        chroma = await self.chroma()
        healthy = all(each["healthy"] for each in services.values()) and FAULT != "unready"
        if chroma is not None:
            services["chromadb"] = chroma
        degraded = chroma is not None and not chroma["healthy"]
        return {
            "status": "unhealthy" if not healthy else "degraded" if degraded else "healthy",
            "overall_healthy": healthy,
            "services": services,
            "metrics": self.metrics(),
        }

    async def database(self) -> dict[str, Any]:
        async def ask() -> None:
            for query in schema.checks(self.made.settings.uses_intent):
                await self.made.database.rows(query)

        return {**await self.timed(ask), "pool": self.made.database.use()}

    async def redis(self) -> dict[str, Any]:
        settings = self.made.settings
        answer = await self.timed(lambda: redis_client.read_write(self.made.redis))
        return {**answer, "host": settings.redis_host, "port": settings.redis_port}

    def openai(self) -> dict[str, Any]:
        """By what the last call said of the key. An outage of OpenAI hits all replicas alike: taking them all away would only add to it."""
        openai = self.made.openai
        return {"healthy": openai.key_accepted, "api_key_set": bool(self.made.settings.openai_api_key), "model": openai.model}

    async def chroma(self) -> dict[str, Any] | None:
        chroma = self.made.chroma
        return None if chroma is None else {**await self.timed(chroma.heartbeat), "critical": False}

    async def timed(self, ask: Callable[[], Awaitable[object]]) -> dict[str, Any]:
        start = time.perf_counter()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await ask()
        except (psycopg.Error, RedisError, ChromaError, TimeoutError, OSError) as error:
            return {"healthy": False, "response_time_ms": elapsed(start), "error": type(error).__name__}
        return {"healthy": True, "response_time_ms": elapsed(start)}

    def metrics(self) -> dict[str, float]:
        return {
            "cpu_percent": psutil.cpu_percent(),
            "memory_percent": round(psutil.virtual_memory().percent, 1),
            "disk_percent": psutil.disk_usage("/").percent,
        }

    async def diagnostics(self) -> dict[str, Any]:
        """For whoever looks for a fault, inside the network only; no secret in it."""
        settings, process = self.made.settings, psutil.Process()
        return {
            "version": settings.version,
            "environment": settings.environment,
            "liveness": self.liveness(),
            "readiness": await self.readiness(),
            "startup": self.startup,
            "process": {
                "pid": os.getpid(),
                "python": sys.version.split()[0],
                "platform": platform.platform(),
                "memory_bytes": process.memory_info().rss,
                "threads": process.num_threads(),
                "open_files": process.num_fds(),
                "tasks": len(asyncio.all_tasks()),
            },
            "configuration": {
                "openai_base_url": settings.openai_base_url,
                "openai_model": settings.openai_model,
                "chroma": settings.chroma_url is not None,
                "xero": settings.xero is not None,
                "sentry": settings.sentry_dsn is not None,
                "tax_rate": str(settings.tax_rate),
                "xero_sales_account_code": settings.xero_sales_account_code,
                "xero_tax_type": settings.xero_tax_type,
                "max_quantity_per_item": settings.max_quantity_per_item,
                "max_order_total": str(settings.max_order_total),
                "max_line_items": settings.max_line_items,
                "min_order_total": str(settings.min_order_total),
            },
        }


def elapsed(start: float) -> float:
    return round((time.perf_counter() - start) * 1000, 1)
