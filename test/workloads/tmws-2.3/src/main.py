"""The application."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import JSONResponse

from src import config, preferences
from src.api import agents, health, memories, stream
from src.core import database
from src.core.drain import CloseWhenDraining
from src.core.middleware import Observe, RateLimit, SecurityHeaders
from src.reference_fault import pause
from src.services.embedding import EmbeddingError

log = logging.getLogger("uvicorn.error")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: config.Settings = app.state.settings
    await asyncio.to_thread(pause)
    pool = database.async_engine().pool
    log.info("Started TMWS MCP Server on http://0.0.0.0:8000")
    log.info("TMWS %s (%s), pool %d+%d", settings.version, settings.environment, pool.size(), database.overflow())
    yield
    await database.async_engine().dispose()


async def report_ollama(_request: Request, error: EmbeddingError) -> JSONResponse:
    log.error("%s", error)
    return JSONResponse({"detail": str(error)}, 503)


def harden(app: FastAPI, settings: config.Settings) -> FastAPI:
    """Inside out: a request meets the audit first, then draining, the headers, CORS and the rate limit."""
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
    app = FastAPI(title="TMWS", version=settings.version, lifespan=lifespan, openapi_url=None)
    app.state.settings = settings
    app.state.preferences = preferences.load()
    app.state.draining = asyncio.Event()
    for part in (health, agents, memories, stream):
        app.include_router(part.router)
    return harden(app, settings)


def __getattr__(name: str) -> FastAPI:
    """`uvicorn src.main:app` builds the application from the environment."""
    if name == "app":
        return create_app(config.load())
    raise AttributeError(name)
