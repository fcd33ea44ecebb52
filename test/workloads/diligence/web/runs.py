"""Pipeline runs: started here, done by a worker."""

from flask import Blueprint, Response, current_app, jsonify, request
from kombu.exceptions import OperationalError as QueueAway

from pipeline import files, store
from utils.cost_status_inference import quality
from web.deals import database, exists, missing

blueprint = Blueprint("runs", __name__, url_prefix="/api/deals/<deal>/runs")

SAMPLE = "Target_CloudServe_Document_2_Application_Inventory.md"
ENOUGH_PERCENT = 70  # guide 004, "Pipeline Test"


@blueprint.post("")
def begin(deal: str) -> tuple[Response, int]:
    """The same id again: the same run."""
    if not exists(deal):
        return missing("deal")
    given = request.get_json(silent=True) or {}
    run, document, domain = str(given.get("id", "")), str(given.get("document", SAMPLE)), str(given.get("domain", "applications"))
    if not files.NAME.match(run) or not files.NAME.match(document) or domain != "applications":
        return jsonify(error='{"id", "document"?, "domain"?}: id and document of letters, digits, . _ -; domain applications'), 422
    if not (files.INPUT / document).exists():
        return missing("document in data/input")
    made = database().rows(
        "INSERT INTO pipeline_runs (id, deal_id, document, domain) VALUES (:run, :deal, :document, :domain) ON CONFLICT (id) DO NOTHING RETURNING id",
        run=run,
        deal=deal,
        document=document,
        domain=domain,
    )
    if made:
        try:
            current_app.extensions["diligence"].send("pipeline.tasks.run_pipeline", [run])
        except QueueAway:
            database().rows("DELETE FROM pipeline_runs WHERE id = :run", run=run)
            return jsonify(error="the queue does not answer"), 503
    return jsonify(id=run, state="queued" if made else "known"), 202


@blueprint.get("/<run>")
def state(deal: str, run: str) -> Response | tuple[Response, int]:
    found = database().rows("SELECT state, problem, document FROM pipeline_runs WHERE id = :run AND deal_id = :deal", run=run, deal=deal)
    if not found:
        return missing("run")
    items = store.inventory(database(), deal, "applications")
    cost = quality([item["cost_status"] for item in items])
    return jsonify(id=run, **found[0], cost_quality=cost, enough=float(str(cost["percentage"])) >= ENOUGH_PERCENT)
