"""Prometheus metrics of GET /metrics. Every label set exists from the first scrape, so that rate() and alerts see a zero, not a gap."""

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics

disable_created_metrics()
BUCKETS = (0.003, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 5, 10)  # seconds

requests = Counter("http_requests_total", "HTTP requests", ["method", "path", "status"])
latency = Histogram("http_request_duration_seconds", "Time to answer an HTTP request", ["method", "path"], buckets=BUCKETS)
query_latency = Histogram("db_query_duration_seconds", "Time of a database query", buckets=BUCKETS)
query_failures = Counter("db_query_failures_total", "Database queries that failed, waits for a connection included")
info = Gauge("diligence_info", "1, with what runs", ["version", "environment"])
