"""Counted tasks, for tests of the queue."""

import re

from flask import Blueprint, Response, current_app, jsonify, request
from kombu.exceptions import OperationalError as QueueAway

from web.deals import database

blueprint = Blueprint("tasks", __name__, url_prefix="/api/tasks")
BATCH = re.compile(r"^[a-z0-9-]{1,50}$")


@blueprint.post("")
def enqueue() -> tuple[Response, int]:
    given = request.get_json(silent=True) or {}
    batch, count, seconds = given.get("batch"), given.get("count"), given.get("seconds")
    longest = current_app.extensions["diligence"].settings.task_seconds
    if not isinstance(batch, str) or not BATCH.match(batch) or not isinstance(count, int) or not 1 <= count <= 10_000:
        return jsonify(error='{"batch", "count", "seconds"}: 1 to 10000 tasks'), 422
    if not isinstance(seconds, int | float) or not 0 <= seconds < longest:
        return jsonify(error=f"seconds: less than {longest}, where a task is ended"), 422
    try:
        for number in range(count):
            current_app.extensions["diligence"].send("pipeline.tasks.counted", [batch, number, seconds])
    except QueueAway:
        return jsonify(error="the queue does not answer"), 503
    return jsonify(batch=batch, count=count), 202


@blueprint.get("/<batch>")
def state(batch: str) -> Response:
    def by_worker(table: str) -> dict[str, int]:
        found = database().rows(f"SELECT worker, count(*) AS n FROM {table} WHERE batch = :batch GROUP BY worker ORDER BY worker", batch=batch)
        return {each["worker"]: each["n"] for each in found}

    attempts, results = by_worker("task_attempts"), by_worker("task_results")
    return jsonify(batch=batch, attempts=sum(attempts.values()), results=sum(results.values()), by=results)
