"""Prometheus metrics. Every label set exists from the first scrape, so that rate() and alerts see a zero, not a gap."""

from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import Counter, Histogram, disable_created_metrics

disable_created_metrics()
PORT = 9090
BUCKETS = (0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5, 10)  # seconds

requests = Counter("http_requests_total", "HTTP requests", ["method", "path", "status"])
latency = Histogram("http_request_duration_seconds", "Time to answer an HTTP request", ["method", "path"], buckets=BUCKETS)
query_latency = Histogram("db_query_duration_seconds", "Time of a database query", buckets=BUCKETS)
query_failures = Counter("db_query_failures_total", "Database queries that failed, waits for a connection included")


def initialise(app: FastAPI) -> None:
    for route in app.routes:
        if isinstance(route, APIRoute):
            for method in route.methods:
                latency.labels(method, route.path)
                for status in (route.status_code or 200, 500, 503):
                    requests.labels(method, route.path, str(status))
