"""Start-up in phases, each printed, none silent (guide 003, "Startup Sequence"): the first that fails ends the process with one line."""

import os
import time
from collections.abc import Awaitable, Callable

import psycopg
from redis.exceptions import RedisError

from src import config
from src.core import redis_client, schema
from src.core.chroma_client import Chroma, ChromaError
from src.core.database import Database
from src.core.openai_client import OpenAI, OpenAIError
from src.production.lifecycle_manager import LifecycleManager, say
from src.services import components
from src.services.components import Components, Connections

PHASES = ("environment", "database", "redis", "external services", "components", "ready")


class StartupFailed(Exception):
    """Names the phase and the cause in one line."""


class StartupOrchestrator:
    def __init__(self, lifecycle: LifecycleManager) -> None:
        self.lifecycle = lifecycle
        self.report: list[dict[str, object]] = []
        self.degraded: list[str] = []

    async def run(self) -> tuple[Connections, Components]:
        settings = await self.phase(0, self.environment)
        database = await self.phase(1, lambda: self.database(settings))
        redis = await self.phase(2, lambda: self.redis(settings))
        openai, chroma = await self.phase(3, lambda: self.external(settings))
        made = Connections(settings, database, redis, openai, chroma)
        parts = await self.phase(4, lambda: self.components(made))
        await self.phase(5, self.ready)
        return made, parts

    async def phase(self, place: int, work: Callable[[], Awaitable[tuple[object, str]]]):
        name, start = f"phase {place + 1}/{len(PHASES)} {PHASES[place]}", time.monotonic()
        try:
            made, words = await work()
        except (config.ConfigError, psycopg.Error, RedisError, OpenAIError, RuntimeError, OSError) as error:
            first = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise StartupFailed(f"startup failed in {name}: {first}") from error
        took = round((time.monotonic() - start) * 1000, 1)
        self.report.append({"phase": PHASES[place], "took_ms": took, "detail": words})
        say(f"{name}: ok, {words} ({took} ms)")
        return made

    async def environment(self):
        settings = config.load(os.environ)
        if settings.sentry_dsn:
            import sentry_sdk

            # Where it broke, not what was in hand: a frame's variables hold keys, a request's body what a customer wrote.
            sentry_sdk.init(
                dsn=settings.sentry_dsn,
                environment=settings.environment,
                release=settings.version,
                include_local_variables=False,
                max_request_body_size="never",
            )
        return settings, f"{settings.environment}, Xero {'on' if settings.xero else 'off'}, Sentry {'on' if settings.sentry_dsn else 'off'}"

    async def database(self, settings: config.Settings):
        database = Database(settings.database_url, settings.pool_size)
        who = await database.test()
        self.lifecycle.closes("database pool", database.close)
        await database.open()
        for query in schema.checks(settings.uses_intent):
            try:
                await database.rows(query)
            except psycopg.ProgrammingError as error:
                raise RuntimeError(f"{str(error).splitlines()[0]} (not migrated yet? run: tria-migrate upgrade)") from error
        [row] = await database.rows("SELECT count(*) AS products FROM products WHERE active")
        if row["products"] == 0:
            raise RuntimeError("the catalog is empty (run: tria-migrate upgrade)")
        return database, f"{who}, {len(schema.TABLES)} tables, {row['products']} products"

    async def redis(self, settings: config.Settings):
        redis = redis_client.connect(
            settings.redis_host, settings.redis_port, settings.redis_password, settings.redis_db
        )
        self.lifecycle.closes("redis pool", redis.aclose)
        try:
            await redis.ping()
            await redis_client.read_write(redis)
            took = await redis_client.response_seconds(redis)
        except RedisError as error:
            raise RuntimeError(f"{settings.redis_host}:{settings.redis_port}: {error}") from error
        return redis, f"reads and writes, answers within {took * 1000:.1f} ms"

    async def external(self, settings: config.Settings):
        openai = OpenAI(settings.openai_base_url, settings.openai_api_key, settings.openai_model)
        self.lifecycle.closes("openai client", openai.close)
        model = await openai.check()
        return (openai, await self.chroma(settings)), f"OpenAI knows key and model {model}, Chroma {self.chroma_words}"

    chroma_words = "off"

    async def chroma(self, settings: config.Settings) -> Chroma | None:
        """Not critical: the process serves without, and says so."""
        if settings.chroma_url is None:
            return None
        chroma = Chroma(settings.chroma_url)
        self.lifecycle.closes("chroma client", chroma.close)
        try:
            await chroma.heartbeat()
            self.chroma_words = "answers"
        except ChromaError as error:
            self.degraded.append("chromadb")
            self.chroma_words = f"DEGRADED ({error})"
        return chroma

    async def components(self, made: Connections):
        parts = components.make(made)
        await components.prove(parts)
        if parts.xero is not None:
            self.lifecycle.closes("xero client", parts.xero.close)
            await parts.xero.start()
            self.lifecycle.background(parts.xero.run())
        return parts, ", ".join(components.NAMES)

    async def ready(self):
        return None, f"degraded: {', '.join(self.degraded)}" if self.degraded else "all systems operational"
