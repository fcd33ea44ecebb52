"""Prometheus metrics of GET /metrics. Every label set exists from the first scrape, so that rate() and alerts see a zero, not a gap."""

import time

from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from starlette.types import ASGIApp, Message, Receive, Scope, Send

disable_created_metrics()
BUCKETS = (0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5, 10, 20)  # seconds

requests = Counter("http_requests_total", "HTTP requests", ["method", "path", "status"])
latency = Histogram("http_request_duration_seconds", "Time to answer an HTTP request", ["method", "path"], buckets=BUCKETS)
query_latency = Histogram("db_query_duration_seconds", "Time of a database query", buckets=BUCKETS)
query_failures = Counter("db_query_failures_total", "Database queries that failed, waits for a connection included")
openai_calls = Counter("tria_openai_calls_total", "Calls to OpenAI", ["outcome"])
chatbot_answers = Counter("tria_chatbot_answers_total", "Answers of the chatbot", ["kind"])
orders = Counter("tria_orders_total", "Orders placed")
info = Gauge("tria_info", "1, with what runs", ["version", "environment"])


def initialise(app: FastAPI) -> None:
    for outcome in ("ok", "refused", "failed"):
        openai_calls.labels(outcome)
    for kind in ("new", "replayed", "refused"):
        chatbot_answers.labels(kind)
    for route in app.routes:
        if isinstance(route, APIRoute):
            for method in route.methods:
                latency.labels(method, route.path)
                for status in (route.status_code or 200, 500, 503):
                    requests.labels(method, route.path, str(status))


class Observe:
    """Counts and times each HTTP request, as plain ASGI outside everything else."""

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
            requests.labels(method, path, str(status)).inc()
            latency.labels(method, path).observe(time.perf_counter() - start)
