"""WebSocket /stream: twice a second the version that serves, until the process stops, which it says with code 1012."""

import asyncio
import contextlib

from fastapi import APIRouter, WebSocket, WebSocketDisconnect

router = APIRouter()
PERIOD_SECONDS = 0.5
SERVICE_RESTART = 1012


@router.websocket("/stream")
async def stream(socket: WebSocket) -> None:
    draining: asyncio.Event = socket.app.state.draining
    await socket.accept()
    number = 0
    try:
        while not draining.is_set():
            number += 1
            await socket.send_json({"version": socket.app.state.settings.version, "n": number})
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(draining.wait(), PERIOD_SECONDS)
        await socket.close(SERVICE_RESTART, "service restart")
    except WebSocketDisconnect:
        return  # the client went first
