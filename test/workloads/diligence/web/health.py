"""Health, version, metrics, the stream."""

import os
import time
from collections.abc import Iterator

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from core import drain

FAULT = os.environ.get("DILIGENCE_REFERENCE_FAULT", "none")
PERIOD_SECONDS = 0.5

blueprint = Blueprint("health", __name__)


@blueprint.get("/health")
@blueprint.get("/api/health")
def health() -> tuple[Response, int]:
    """Without the database nothing can be answered: 503. Without Redis only new runs cannot: degraded."""
    ours = current_app.extensions["diligence"]
    database, redis = database_state(), redis_state()
    serves = database["healthy"] and FAULT != "unhealthy"
    status = "unhealthy" if not serves else "healthy" if redis["healthy"] else "degraded"
    answer = {"status": status, "version": ours.settings.version, "environment": ours.settings.environment, "database": database, "redis": redis}
    return jsonify(answer), 200 if serves else 503


def database_state() -> dict[str, object]:
    try:
        current_app.extensions["diligence"].database.assert_schema()
    except SQLAlchemyError as error:
        return {"healthy": False, "error": type(error).__name__}
    return {"healthy": True}


def redis_state() -> dict[str, object]:
    try:
        current_app.extensions["diligence"].redis.ping()
    except RedisError as error:
        return {"healthy": False, "error": type(error).__name__}
    return {"healthy": True}


@blueprint.get("/api/version")
def version() -> Response:
    """Without the database."""
    settings = current_app.extensions["diligence"].settings
    return jsonify(version=settings.version, greeting=settings.greeting)


@blueprint.get("/metrics")
def metrics() -> Response:
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


@blueprint.get("/stream")
def stream() -> Response:
    """Server-sent events: twice a second the version that serves, until the process is told to end."""
    serving = current_app.extensions["diligence"].settings.version

    def events() -> Iterator[str]:
        number = 0
        while not drain.draining():
            number += 1
            yield f'data: {{"version":"{serving}","n":{number}}}\n\n'
            time.sleep(PERIOD_SECONDS)

    return Response(events(), content_type="text/event-stream", headers={"Cache-Control": "no-store"})
