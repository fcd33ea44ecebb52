"""The faults of a serving process; reference_fault.py has the rest, which migrations load too, without FastAPI."""

import asyncio
import itertools
import os

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from src.reference_fault import FAULT

ERRORS_EVERY = 10  # every tenth answer of a process, so that a test can count them
DEATH_SECONDS = 20.0

answers = itertools.count(1)
doomed = False


async def disturb(connection: HTTPConnection) -> None:
    """Stands before every HTTP endpoint, before it has any effect."""
    if FAULT != "errors" or connection.scope["type"] != "http" or connection.scope["path"] == "/health":
        return
    if next(answers) % ERRORS_EVERY == 0:
        raise HTTPException(500, "reference fault: errors")


def first_healthy() -> None:
    """FAULT=dies: from the first healthy answer on there are 20 seconds to live."""
    global doomed
    if FAULT == "dies" and not doomed:
        doomed = True
        asyncio.get_running_loop().call_later(DEATH_SECONDS, os._exit, 1)
