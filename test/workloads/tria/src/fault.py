"""Deliberate faults for deployment tests, baked into the image by the build argument FAULT (default none). See README.md."""

import asyncio
import os
import time

from fastapi import APIRouter
from starlette.requests import HTTPConnection

FAULT = os.environ.get("TRIA_REFERENCE_FAULT", "none")
SLOW_SECONDS = 1.0
DEATH_SECONDS = 20.0

router = APIRouter()
doomed = False


async def disturb(connection: HTTPConnection) -> None:
    """Stands before every endpoint, before it has any effect."""
    if FAULT == "slow" and connection.scope["type"] == "http":
        await asyncio.sleep(SLOW_SECONDS)


def first_ready() -> None:
    """FAULT=dies: from the first ready answer on there are 20 seconds to live."""
    global doomed
    if FAULT == "dies" and not doomed:
        doomed = True
        asyncio.get_running_loop().call_later(DEATH_SECONDS, os._exit, 1)


if FAULT == "hang":

    @router.post("/fault/hang", status_code=202)
    async def hang() -> dict[str, str]:
        """Answers, then blocks the event loop for ever: the process lives, holds its port and says nothing any more."""
        asyncio.get_running_loop().call_later(0.2, time.sleep, 1_000_000)
        return {"status": "hangs from now on"}
