"""SIGTERM that breaks no promise: streams get a close frame, and no connection that was accepted is reset.

uvicorn alone closes every connection without a request in hand, also one whose request is already on its way: its sender
gets a reset. Here such connections live on for a moment in which each answer says `Connection: close`.
"""

import asyncio
import socket
import time

import uvicorn
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LINGER_SECONDS = 0.3  # longer than a client next door needs to send a request on a connection that it holds
POLL_SECONDS = 0.02


class CloseWhenDraining:
    """Tells the client to send its next request elsewhere; uvicorn closes the connection after such an answer."""

    def __init__(self, app: ASGIApp, draining: asyncio.Event) -> None:
        self.app, self.draining = app, draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start" and self.draining.is_set():
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        await self.app(scope, receive, add if scope["type"] == "http" else send)


def stop_listening(server: asyncio.Server) -> list[socket.socket]:
    """Closes the listener, and returns the connections that the kernel had accepted for it: closing would reset them."""
    waiting, listeners = [], [known.dup() for known in server.sockets]
    server.close()
    for listener in listeners:
        listener.setblocking(False)
        try:
            while True:
                waiting.append(listener.accept()[0])
        except BlockingIOError:
            listener.close()
    return waiting


class DrainingServer(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, draining: asyncio.Event) -> None:
        super().__init__(config)
        self.draining = draining

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.draining.set()
        for connection in [found for server in self.servers for found in stop_listening(server)]:
            await asyncio.get_running_loop().connect_accepted_socket(self.protocol, connection)
        end = time.monotonic() + LINGER_SECONDS
        await asyncio.sleep(POLL_SECONDS)
        while self.server_state.connections and time.monotonic() < end:
            await asyncio.sleep(POLL_SECONDS)
        await super().shutdown(sockets)

    def protocol(self) -> asyncio.Protocol:
        return self.config.http_protocol_class(
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
