"""What every request passes through, as plain ASGI: audit, security headers, rate limit."""

import json
import sys
import time
from datetime import datetime, timezone

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from src.config import LOG_FOLDER
from src.core.audit_file import append

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "Cache-Control": "no-store",
}
WRITING = {"POST", "PUT", "PATCH", "DELETE"}


def client_of(scope: Scope) -> str:
    return scope["client"][0] if scope.get("client") else "unknown"


class Observe:
    """Writes one JSON line for each writing request when audit is on: to stdout, and to the log's volume."""

    def __init__(self, app: ASGIApp, audit: bool) -> None:
        self.app, self.audit = app, audit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.audit or scope["method"] not in WRITING:
            return await self.app(scope, receive, send)
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, watch)
        finally:
            audit(scope, status)


def audit(scope: Scope, status: int) -> None:
    entry = {
        "event": "audit",
        "time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"),
        "actor": scope.get("tmws.actor", "nobody"),
        "client": client_of(scope),
        "method": scope["method"],
        "path": scope["path"],
        "status": status,
    }
    line = json.dumps(entry) + "\n"
    sys.stdout.write(line)
    sys.stdout.flush()
    append(f"{LOG_FOLDER}/audit.log", line)


class SecurityHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await self.app(scope, receive, add if scope["type"] == "http" else send)


class RateLimit:
    """So many requests per client and minute, then 429 until the minute ends. Health probes are never refused."""

    def __init__(self, app: ASGIApp, per_minute: int) -> None:
        self.app, self.per_minute = app, per_minute
        self.minute, self.counts = 0, {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == "/health":
            return await self.app(scope, receive, send)
        now = time.time()
        if int(now // 60) != self.minute:
            self.minute, self.counts = int(now // 60), {}
        client = client_of(scope)
        self.counts[client] = self.counts.get(client, 0) + 1
        if self.counts[client] <= self.per_minute:
            return await self.app(scope, receive, send)
        wait = str(60 - int(now % 60))
        refusal = JSONResponse({"detail": f"more than {self.per_minute} requests a minute"}, 429, {"Retry-After": wait})
        await refusal(scope, receive, send)
