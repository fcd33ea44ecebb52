"""FLASK_APP=web.app: the application that gunicorn serves."""

import logging
import sys
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, jsonify
from redis import Redis

from core import config, metrics, redis_client
from core.database import AWAY, Database
from pipeline import files
from web import auth, deals, health, notes, runs, tasks
from web.observe import observe


@dataclass(frozen=True)
class Diligence:
    """What requests need."""

    settings: config.Settings
    database: Database
    redis: Redis

    def send(self, task: str, arguments: list[object]) -> None:
        from pipeline.celery_app import app as queue

        queue.send_task(task, arguments, retry_policy={"max_retries": 2, "interval_start": 0.2})


def create_app(settings: config.Settings) -> Flask:
    logging.basicConfig(level=settings.log_level)
    files.seed()
    app = Flask("web.app")
    app.secret_key = settings.secret_key
    ours = Diligence(settings, Database(settings, "itdd-web", settings.pool_size), redis_client.connect(settings.redis_url))
    app.extensions["diligence"] = ours
    for part in (health, deals, runs, notes, tasks):
        app.register_blueprint(part.blueprint)
    observe(app, settings.version)
    app.before_request(lambda: auth.refuse_strangers(settings.api_token))
    for kind in AWAY:
        app.register_error_handler(kind, away)
    metrics.info.labels(settings.version, settings.environment).set(1)
    return app


def away(error: Any) -> tuple[Response, int]:
    logging.getLogger("web").warning("database: %s", type(error).__name__)
    return jsonify(error="the database does not answer"), 503


try:
    app = create_app(config.load())
except config.ConfigError as wrong:
    sys.exit(f"diligence: {wrong}")
