"""Deliberate faults for deployment tests, baked into the image by the build argument FAULT (default none). See README.md."""

import asyncio
import contextlib
import itertools
import os
from typing import Any

import psycopg
from fastapi import HTTPException
from starlette.requests import HTTPConnection

from src.database import Database

FAULT = os.environ.get("ORDERS_REFERENCE_FAULT", "none")
SLOW_SECONDS = 1.0
ERRORS_EVERY = 10  # every tenth answer of a process, so that a test can count them
DEATH_SECONDS = 20.0

answers = itertools.count(1)
doomed = False


async def disturb(connection: HTTPConnection) -> None:
    """Stands before every HTTP endpoint, before it has any effect."""
    if connection.scope["type"] != "http":
        return
    delay = connection.app.state.settings.answer_delay_seconds + (SLOW_SECONDS if FAULT == "slow" else 0)
    if delay:
        await asyncio.sleep(delay)
    path = connection.scope["path"]
    if FAULT == "errors" and path != "/health" and next(answers) % ERRORS_EVERY == 0:
        raise HTTPException(500, "reference fault: errors")
    if FAULT == "smoke" and connection.scope["method"] == "POST" and path == "/orders":
        raise HTTPException(500, "reference fault: smoke")


def spoilt(values: dict[str, Any]) -> dict[str, Any]:
    """FAULT=invalid: what is written is not what was ordered; no constraint of the table sees it."""
    return {**values, "item": ""} if FAULT == "invalid" else values


async def afterthought(database: Database) -> None:
    """FAULT=queries: a query that fails where no user sees it."""
    if FAULT == "queries":
        with contextlib.suppress(psycopg.Error):
            await database.rows("INSERT INTO order_audit DEFAULT VALUES")


def first_healthy() -> None:
    """FAULT=dies: from the first healthy answer on there are 20 seconds to live."""
    global doomed
    if FAULT == "dies" and not doomed:
        doomed = True
        asyncio.get_running_loop().call_later(DEATH_SECONDS, os._exit, 1)
