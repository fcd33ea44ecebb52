"""Prometheus metrics. Every label set exists from the first scrape, so that rate() and alerts see a zero, not a gap."""

import math

from prometheus_client import Counter, Gauge, Histogram, disable_created_metrics
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from src.config import TIERS
from src.core.database import sync_engine
from src.services.licenses import count_expiring

disable_created_metrics()
RESULTS = ("allowed", "exceeded", "denied", "skipped")

budget_checks = Counter("tmws_budget_checks_total", "Budget checks by result and license tier", ["result", "tier"])
tokens_used = Counter("tmws_license_tokens_used_total", "Tokens granted by budget checks", ["tier"])
expiring = Gauge("tmws_expiring_licenses_7d", "Valid licenses that end within 7 days")
requests = Counter("tmws_http_requests_total", "HTTP requests", ["method", "route", "status"])
latency = Histogram(
    "tmws_http_request_duration_seconds",
    "Time to answer an HTTP request",
    ["route"],
    buckets=(0.003, 0.005, 0.01, 0.015, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5),
)


def read_expiring() -> float:
    """Asked at each scrape. Not a number when the database does not answer: the other metrics still come."""
    try:
        with Session(sync_engine()) as db:
            return count_expiring(db)
    except SQLAlchemyError:
        return math.nan


def initialise() -> None:
    for tier in TIERS:
        tokens_used.labels(tier=tier)
        for result in RESULTS:
            budget_checks.labels(result=result, tier=tier)
    expiring.set_function(read_expiring)
