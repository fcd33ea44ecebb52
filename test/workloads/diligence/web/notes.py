"""Notes: one row per key, however often the client sends it."""

import re

from flask import Blueprint, Response, current_app, jsonify, request

from web.deals import database, missing

blueprint = Blueprint("notes", __name__, url_prefix="/api/notes")
KEY = re.compile(r"^[A-Za-z0-9._:-]{1,200}$")


@blueprint.post("")
def write() -> tuple[Response, int]:
    """201 when this request made the note, 200 when an earlier one with the same key did."""
    given = request.get_json(silent=True) or {}
    key, said = given.get("key"), given.get("text")
    if not isinstance(key, str) or not KEY.match(key) or not isinstance(said, str) or len(said) > 10_000:
        return jsonify(error='{"key", "text"}: a key of letters, digits, . _ : -, a text of up to 10000 letters'), 422
    made = database().rows("INSERT INTO notes (key, text) VALUES (:key, :said) ON CONFLICT (key) DO NOTHING RETURNING id", key=key, said=said)
    found = made or database().rows("SELECT id FROM notes WHERE key = :key", key=key)
    if not found:
        return jsonify(error="the note was deleted at the same moment; send it again"), 409
    version = current_app.extensions["diligence"].settings.version
    return jsonify(id=found[0]["id"], key=key, version=version), 201 if made else 200


@blueprint.get("/<key>")
def read(key: str) -> Response | tuple[Response, int]:
    found = database().rows("SELECT id, key, text FROM notes WHERE key = :key", key=key)
    return jsonify(found[0]) if found else missing("note")


@blueprint.delete("/<key>")
def remove(key: str) -> Response | tuple[Response, int]:
    return jsonify(status="deleted") if database().rows("DELETE FROM notes WHERE key = :key RETURNING id", key=key) else missing("note")
