"""Guide 001, "Health Checks": each part by its own word; 503 when one of them does not serve."""

import asyncio
import time

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session
from starlette.datastructures import State

from src.api.memories import vectors
from src.core import database
from src.reference_fault import FAULT

router = APIRouter()
GOOD = {"database": "connected", "vector_store": "ready", "ollama": "available"}
FRESH_SECONDS = 1.0  # a flood of health checks is none for Ollama


def ask(db: Session) -> None:
    db.execute(text("SELECT 1 FROM memories, agents LIMIT 1"))


async def database_trouble() -> str | None:
    try:
        await asyncio.wait_for(database.read(ask), 3)
    except (SQLAlchemyError, TimeoutError) as error:
        return f"{getattr(error, 'orig', None) or type(error).__name__} (not migrated yet? run: alembic upgrade head)"
    return None


async def vector_trouble() -> str | None:
    try:
        await asyncio.wait_for(asyncio.to_thread(vectors.count), 3)
    except Exception as error:  # whatever the store's files make of it
        return f"{type(error).__name__}: {error}"
    return None


async def look() -> dict[str, str]:
    """Every part with its word, good or bad, and the reasons."""
    troubles = dict(
        zip(
            GOOD,
            await asyncio.gather(database_trouble(), vector_trouble(), asyncio.to_thread(vectors.ollama.trouble)),
            strict=True,
        )
    )
    if FAULT == "unhealthy":
        troubles["database"] = "reference fault: unhealthy"
    bad = {"database": "disconnected", "vector_store": "not ready", "ollama": "unavailable"}
    parts = {part: GOOD[part] if trouble is None else bad[part] for part, trouble in troubles.items()}
    reasons = "; ".join(f"{part}: {trouble}" for part, trouble in troubles.items() if trouble is not None)
    return parts | ({"reason": reasons} if reasons else {})


async def look_now(state: State) -> dict[str, str]:
    """Those who ask at the same moment share one look, and for a second the next ones too."""
    task: asyncio.Task | None = getattr(state, "look", None)
    if task is None or (task.done() and time.monotonic() - state.looked > FRESH_SECONDS):
        task = state.look = asyncio.create_task(look())
        state.looked = time.monotonic()
    return await asyncio.shield(task)


@router.get("/health")
async def health(request: Request) -> JSONResponse:
    found = await look_now(request.app.state)
    ok = "reason" not in found
    status = {"status": "ok" if ok else "unhealthy", "version": request.app.state.settings.version}
    return JSONResponse(status | found, 200 if ok else 503)
