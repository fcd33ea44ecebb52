"""The application, made once everything it needs is there."""

import asyncio

from fastapi import Depends, FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from src import fault
from src.api import chatbot, health, stream
from src.core import metrics
from src.core.drain import CloseWhenDraining
from src.production.health_monitor import HealthMonitor
from src.services.components import Components, Connections


class NameVersion:
    """Every answer says which version gave it; the guide's health bodies have no room for that."""

    def __init__(self, app: ASGIApp, version: str) -> None:
        self.app, self.version = app, version

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def add(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Tria-Version"] = self.version
            await send(message)

        await self.app(scope, receive, add if scope["type"] == "http" else send)


def create_app(made: Connections, components: Components, startup: list[dict[str, object]]) -> FastAPI:
    settings = made.settings
    # The API's own description is for developers, not for the world.
    openapi = "/openapi.json" if settings.environment == "development" else None
    app = FastAPI(title="Tria AIBPO", version=settings.version, openapi_url=openapi, dependencies=[Depends(fault.disturb)])
    app.state.settings, app.state.components = settings, components
    app.state.health = HealthMonitor(made, startup)
    app.state.draining = asyncio.Event()
    for part in (health, chatbot, stream, fault):
        app.include_router(part.router)
    app.add_middleware(CloseWhenDraining, draining=app.state.draining)
    app.add_middleware(NameVersion, version=settings.version)
    app.add_middleware(metrics.Observe)
    metrics.initialise(app)
    metrics.info.labels(settings.version, settings.environment).set(1)
    return app
