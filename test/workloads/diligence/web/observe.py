"""Counts and times each request; every answer names its version."""

import time

from flask import Flask, Response, g, request

from core import metrics


def observe(app: Flask, version: str) -> None:
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            metrics.latency.labels(method, rule.rule)
            for status in (200, 500, 503):
                metrics.requests.labels(method, rule.rule, str(status))

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def end(response: Response) -> Response:
        rule = request.url_rule.rule if request.url_rule else "unmatched"
        method = request.method if request.url_rule else "any"  # strangers must not make new series
        metrics.requests.labels(method, rule, str(response.status_code)).inc()
        metrics.latency.labels(method, rule).observe(time.perf_counter() - g.get("began", time.perf_counter()))
        response.headers["X-Diligence-Version"] = version
        return response
