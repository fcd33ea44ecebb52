"""Facts in the database. The status stands in the column and in the JSON: a downgrade loses nothing."""

import json

from sqlalchemy import Connection

from core.config import Settings
from core.database import Database, rows
from utils.cost_status_inference import infer_cost_status, valid

BATCH = 500


def inventory(database: Database, deal: str, domain: str) -> list[dict[str, object]]:
    """Facts with their status: the column first; a fact of the release before has it in the JSON alone."""
    column = "cost_status" if database.settings.uses_cost_status else "NULL AS cost_status"
    found = database.rows(
        f"SELECT id, name, CAST(details AS text) AS details, {column} FROM facts"
        " WHERE deal_id = :deal AND domain = :domain AND deleted_at IS NULL ORDER BY id",
        deal=deal,
        domain=domain,
    )
    return [
        {"id": each["id"], "name": each["name"], "details": (said := parsed(each["details"])), "cost_status": each["cost_status"] or valid(said.get("cost_status"))}
        for each in found
    ]


def parsed(said: str | None) -> dict[str, object]:
    """Malformed JSON, and what is no object, says nothing."""
    try:
        found = json.loads(said or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def replace_facts(connection: Connection, settings: Settings, deal: str, run: str, facts: list[dict[str, object]]) -> None:
    """A run that is repeated has the same effect."""
    rows(connection, "DELETE FROM facts WHERE run_id = :run", run=run)
    details = ":details" if settings.sqlite else "CAST(:details AS json)"
    column, value = (", cost_status", ", :status") if settings.uses_cost_status else ("", "")
    query = f"INSERT INTO facts (deal_id, run_id, domain, name, details{column}) VALUES (:deal, :run, :domain, :name, {details}{value})"
    for fact in facts:
        values = {"deal": deal, "run": run, "domain": fact["domain"], "name": fact["name"], "details": json.dumps(fact["details"], ensure_ascii=False)}
        found = fact["details"]
        if settings.uses_cost_status:
            values["status"] = valid(found.get("cost_status")) if isinstance(found, dict) else None
        rows(connection, query, **values)


def backfill(database: Database, deal: str | None, after: int = 0) -> int:
    """Only what is empty: an answer that stands is somebody's. @return how many facts were filled"""
    one = "" if deal is None else " AND deal_id = :deal"
    given = {} if deal is None else {"deal": deal}
    found = database.rows(
        "SELECT id, CAST(details AS text) AS details FROM facts"
        f" WHERE domain = 'applications' AND cost_status IS NULL AND deleted_at IS NULL AND id > :after{one} ORDER BY id LIMIT :batch",
        after=after,
        batch=BATCH,
        **given,
    )
    filled = 0
    for fact in found:
        inferred = inferred_status(parsed(fact["details"]))
        if inferred is not None:
            database.rows("UPDATE facts SET cost_status = :status WHERE id = :id AND cost_status IS NULL", id=fact["id"], status=inferred)
            filled += 1
    return filled + (backfill(database, deal, found[-1]["id"]) if len(found) == BATCH else 0)


def inferred_status(details: dict[str, object]) -> str | None:
    """Of what the JSON says: the status itself, else what follows from the cost."""
    said = valid(details.get("cost_status"))
    cost = details.get("cost")
    if said is not None or not isinstance(cost, str):
        return said
    return infer_cost_status(cost, str(details.get("vendor", "")), str(details.get("notes", "")))
