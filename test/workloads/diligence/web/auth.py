"""Everything below /api wants the bearer token, but what says whether and what runs."""

import hmac

from flask import Response, jsonify, request

OPEN = ("/api/health", "/api/version")


def refuse_strangers(token: str) -> tuple[Response, int] | None:
    if not request.path.startswith("/api/") or request.path in OPEN:
        return None
    given = request.headers.get("Authorization", "")
    if hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
        return None
    return jsonify(error="a bearer token is wanted"), 401
