"""The web part: the API, the stream, and the metrics beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from prometheus_client import start_http_server

from src import health, jobs, metrics, orders, stream
from src.config import Settings
from src.database import Database
from src.drain import CloseWhenDraining
from src.fault import disturb
from src.observe import Observe

log = logging.getLogger("uvicorn.error")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    settings: Settings = app.state.settings
    if settings.metrics:
        metrics.initialise(app)
        metrics_server, metrics_thread = start_http_server(metrics.PORT)
    await app.state.database.open()
    log.info("Started orders %s", settings.version)
    yield
    await app.state.database.close()
    if settings.metrics:
        metrics_server.shutdown()
        metrics_thread.join()


async def report_database(_request: Request, error: psycopg.OperationalError) -> JSONResponse:
    """The database is away, locked or full: the client may try again."""
    return JSONResponse({"detail": f"database: {type(error).__name__}"}, 503)


def create_app(settings: Settings) -> FastAPI:
    app = FastAPI(
        title="Orders", version=settings.version, lifespan=lifespan, openapi_url=None, dependencies=[Depends(disturb)]
    )
    app.state.settings = settings
    app.state.draining = asyncio.Event()
    app.state.database = Database(settings.database_url)
    for part in (health, orders, jobs, stream):
        app.include_router(part.router)
    app.add_exception_handler(psycopg.OperationalError, report_database)
    app.add_middleware(CloseWhenDraining, draining=app.state.draining)
    app.add_middleware(Observe)
    return app
