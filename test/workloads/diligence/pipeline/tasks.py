"""What workers do. Each task may come twice, and has one effect."""

import socket
import time

from core.database import Database, rows
from pipeline import files, store
from pipeline.celery_app import app, settings
from pipeline.discover import facts_of
from tools_v2.anthropic_client import Anthropic, AnthropicError

# One connection for each process of the pool.
database = Database(settings, "itdd-worker", 1)
model = Anthropic(settings.anthropic_base_url, settings.anthropic_api_key, settings.anthropic_model)
worker = socket.gethostname()


@app.task
def run_pipeline(run: str) -> None:
    found = database.rows("SELECT deal_id, document, domain FROM pipeline_runs WHERE id = :run", run=run)
    if not found:
        return  # the deal was deleted meanwhile
    deal, document, domain = found[0]["deal_id"], found[0]["document"], found[0]["domain"]
    database.rows("UPDATE pipeline_runs SET state = 'running', started_at = CURRENT_TIMESTAMP WHERE id = :run", run=run)
    try:
        facts = facts_of(files.document(document), domain, model)
    except (OSError, AnthropicError) as error:
        database.rows("UPDATE pipeline_runs SET state = 'failed', problem = :problem WHERE id = :run", run=run, problem=type(error).__name__)
        return
    files.write_facts(run, facts)
    with database.transaction() as connection:
        store.replace_facts(connection, settings, deal, run, facts)
        rows(connection, "UPDATE pipeline_runs SET state = 'done', finished_at = CURRENT_TIMESTAMP WHERE id = :run", run=run)


@app.task
def counted(batch: str, number: int, seconds: float) -> None:
    """For tests of the queue: each beginning is a row, the effect is unique."""
    values = {"batch": batch, "number": number, "worker": worker}
    database.rows("INSERT INTO task_attempts (batch, number, worker) VALUES (:batch, :number, :worker)", **values)
    time.sleep(seconds)
    database.rows(
        "INSERT INTO task_results (batch, number, worker) VALUES (:batch, :number, :worker) ON CONFLICT (batch, number) DO NOTHING", **values
    )


@app.task
def backfill() -> None:
    """Facts that the release before wrote while this one's migration had run already."""
    filled = store.backfill(database, None)
    if filled:
        print(f"backfill: cost_status of {filled} facts", flush=True)


@app.task
def sweep() -> None:
    hour_ago = "datetime('now', '-1 hour')" if settings.sqlite else "now() - interval '1 hour'"
    database.rows(f"UPDATE pipeline_runs SET state = 'failed', problem = 'given up' WHERE state = 'running' AND started_at < {hour_ago}")
