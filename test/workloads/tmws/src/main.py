"""The application: the main API, the license API beside it, and the metrics."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import Depends, FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse
from prometheus_client import start_http_server
from redis.asyncio import Redis
from redis.exceptions import RedisError

from src import config
from src.api import agents, budget, health, licenses, memories, stream
from src.core import database, metrics
from src.core.drain import CloseWhenDraining, DrainingServer
from src.core.faults import disturb
from src.core.middleware import Observe, RateLimit, SecurityHeaders
from src.reference_fault import pause
from src.services.budget import Counters
from src.services.embedding import EmbeddingError
from src.services.licenses import LicenseError

LICENSE_DRAIN_SECONDS = 2
log = logging.getLogger("uvicorn.error")


class SideServer(DrainingServer):
    """A second listener in the same process. Signals stay with the first, which stops this one when it is done."""

    @contextmanager
    def capture_signals(self):
        yield


@asynccontextmanager
async def license_listener(app: FastAPI, port: int) -> AsyncIterator[None]:
    server = SideServer(
        uvicorn.Config(
            app, "0.0.0.0", port, lifespan="off", log_config=None, timeout_graceful_shutdown=LICENSE_DRAIN_SECONDS
        ),
        app.state.draining,
    )
    task = asyncio.create_task(server.serve())
    try:
        yield
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: config.Settings = app.state.settings
    await asyncio.to_thread(pause)
    metrics.initialise()
    if settings.prometheus_enabled:
        metrics_server, metrics_thread = start_http_server(settings.prometheus_port)
    log.info("Started TMWS %s (%s)", settings.version, settings.environment)
    if settings.license_api_enabled:
        async with license_listener(create_license_app(app), settings.license_api_port):
            yield
    else:
        yield
    if settings.prometheus_enabled:
        metrics_server.shutdown()
        metrics_thread.join()
    if app.state.counters.redis is not None:
        await app.state.counters.redis.aclose()
    await database.async_engine().dispose()


async def refuse_license(_request: Request, error: LicenseError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, error.status)


async def report_redis(_request: Request, error: RedisError) -> JSONResponse:
    return JSONResponse({"detail": f"redis: {type(error).__name__}"}, 503)


async def report_ollama(_request: Request, error: EmbeddingError) -> JSONResponse:
    return JSONResponse({"detail": str(error)}, 503)


def harden(app: FastAPI, settings: config.Settings) -> FastAPI:
    """Inside out: a request meets the measuring first, then draining, the headers, CORS and the rate limit."""
    app.add_exception_handler(LicenseError, refuse_license)
    app.add_exception_handler(RedisError, report_redis)
    app.add_exception_handler(EmbeddingError, report_ollama)
    if settings.rate_limit:
        app.add_middleware(RateLimit, per_minute=settings.rate_limit_per_minute)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.cors_origins),
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "X-TMWS-Namespace"],
        )
    if settings.security_headers:
        app.add_middleware(SecurityHeaders)
    app.add_middleware(CloseWhenDraining, draining=app.state.draining)
    app.add_middleware(Observe, audit=settings.audit_log)
    return app


def create_app(settings: config.Settings) -> FastAPI:
    app = FastAPI(
        title="TMWS", version=settings.version, lifespan=lifespan, openapi_url=None, dependencies=[Depends(disturb)]
    )
    app.state.settings = settings
    app.state.draining = asyncio.Event()
    redis = settings.redis_url and Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    app.state.counters = Counters(redis or None)
    for part in (health, licenses, budget, agents, memories, stream):
        app.include_router(part.router)
    return harden(app, settings)


def create_license_app(main: FastAPI) -> FastAPI:
    """The license endpoints alone, on the same state."""
    app = FastAPI(
        title="TMWS license API", version=main.version, openapi_url=None, dependencies=[Depends(disturb)]
    )
    app.state = main.state
    app.include_router(health.router)
    app.include_router(licenses.router)
    return harden(app, main.state.settings)


def __getattr__(name: str) -> FastAPI:
    """`uvicorn src.main:app`, the guide's command, builds the application from the environment."""
    if name == "app":
        return create_app(config.load())
    raise AttributeError(name)
