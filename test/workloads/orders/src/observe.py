"""Counts and times each HTTP request, as plain ASGI outside everything else."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from src import metrics


class Observe:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        status, start = 500, time.perf_counter()

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            path = getattr(scope.get("route"), "path", "unmatched")
            method = scope["method"] if path != "unmatched" else "any"  # strangers must not make new series
            metrics.requests.labels(method, path, str(status)).inc()
            metrics.latency.labels(method, path).observe(time.perf_counter() - start)
