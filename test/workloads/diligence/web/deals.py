"""Deals, their inventory (guide 004, "API Verification") and what the seller must be asked (VDR)."""

from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from pipeline import files, store
from utils.cost_status_inference import quality

blueprint = Blueprint("deals", __name__, url_prefix="/api/deals")


def database() -> Any:
    return current_app.extensions["diligence"].database


def missing(what: str) -> tuple[Response, int]:
    return jsonify(error=f"no such {what}"), 404


def exists(deal: str) -> bool:
    return bool(database().rows("SELECT 1 AS one FROM deals WHERE id = :deal", deal=deal))


@blueprint.put("/<deal>")
def make(deal: str) -> tuple[Response, int] | Response:
    """Again: the same deal."""
    if not files.NAME.match(deal):
        return jsonify(error="an id: letters, digits, . _ -"), 422
    name = (request.get_json(silent=True) or {}).get("name", deal)
    database().rows("INSERT INTO deals (id, name) VALUES (:deal, :name) ON CONFLICT (id) DO NOTHING", deal=deal, name=str(name))
    return jsonify(id=deal)


@blueprint.delete("/<deal>")
def remove(deal: str) -> Response | tuple[Response, int]:
    """With all that was found: facts, runs, files."""
    runs = database().rows("SELECT id FROM pipeline_runs WHERE deal_id = :deal", deal=deal)
    if not database().rows("DELETE FROM deals WHERE id = :deal RETURNING id", deal=deal):
        return missing("deal")
    for run in runs:
        files.forget(run["id"])
    return jsonify(status="deleted")


@blueprint.get("/<deal>/inventory")
def inventory(deal: str) -> Response | tuple[Response, int]:
    if not exists(deal):
        return missing("deal")
    domain = request.args.get("domain", "applications")
    items = store.inventory(database(), deal, domain)
    return jsonify(deal_id=deal, domain=domain, items=items, cost_quality=quality([item["cost_status"] for item in items]))


@blueprint.get("/<deal>/vdr")
def vdr(deal: str) -> Response | tuple[Response, int]:
    """Applications whose cost nobody knows: for these a request goes into the virtual data room."""
    if not exists(deal):
        return missing("deal")
    items = store.inventory(database(), deal, "applications")
    asked = [{"name": item["name"], "details": item["details"]} for item in items if item["cost_status"] == "unknown"]
    return jsonify(deal_id=deal, requests=asked, count=len(asked))
