import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.datastructures import State

from src.api.memories import vectors
from src.core import database
from src.core.faults import first_healthy
from src.reference_fault import FAULT

router = APIRouter()


def ask(db: Session) -> None:
    db.execute(text("SELECT 1 FROM license_keys, agents LIMIT 1"))


async def trouble(redis: Redis | None) -> str | None:
    """The first reason why this process cannot serve, or None."""
    if FAULT == "unhealthy":
        return "reference fault: unhealthy"
    try:
        await asyncio.wait_for(database.read(ask), 3)
    except (SQLAlchemyError, TimeoutError) as error:
        cause = getattr(error, "orig", None) or type(error).__name__
        return f"database: {cause} (not migrated yet? run: alembic upgrade head)"
    if vectors.ollama:
        reason = await asyncio.to_thread(vectors.ollama.trouble)
        if reason is not None:
            return f"ollama: {reason}"
    if redis is None:
        return None
    try:
        await asyncio.wait_for(redis.ping(), 2)
    except (RedisError, OSError, TimeoutError) as error:
        return f"redis: {type(error).__name__}"
    return None


async def trouble_now(state: State) -> str | None:
    """Those who ask at the same moment share one look: a flood of health checks is none for the database."""
    look: asyncio.Task | None = getattr(state, "look", None)
    if look is None or look.done():
        look = state.look = asyncio.create_task(trouble(state.counters.redis))
    return await asyncio.shield(look)


@router.get("/health")
async def health(request: Request) -> JSONResponse:
    version = request.app.state.settings.version
    reason = await trouble_now(request.app.state)
    if reason is None:
        first_healthy()
        return JSONResponse({"status": "healthy", "version": version})
    return JSONResponse({"status": "unhealthy", "version": version, "reason": reason}, 503)
