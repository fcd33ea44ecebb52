"""GET /health and GET /version."""

import asyncio

import psycopg
from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from src import schema
from src.fault import FAULT, first_healthy

router = APIRouter()
PATIENCE_SECONDS = 3


async def trouble(request: Request) -> str | None:
    """The first reason why this process cannot serve, or None."""
    if FAULT == "unhealthy":
        return "reference fault: unhealthy"
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            for query in schema.web(request.app.state.settings.uses_note):
                await request.app.state.database.rows(query)
    except psycopg.ProgrammingError as error:
        return f"database: {str(error).splitlines()[0]} (not migrated yet? run: alembic upgrade head)"
    except (psycopg.Error, TimeoutError) as error:
        return f"database: {type(error).__name__}"
    return None


@router.get("/health")
async def health(request: Request) -> JSONResponse:
    version = request.app.state.settings.version
    reason = await trouble(request)
    if reason is None:
        first_healthy()
        return JSONResponse({"status": "healthy", "version": version})
    return JSONResponse({"status": "unhealthy", "version": version, "reason": reason}, 503)


@router.get("/version")
async def version(request: Request) -> dict:
    settings = request.app.state.settings
    return {"version": settings.version, "greeting": settings.greeting}
