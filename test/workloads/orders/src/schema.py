"""What the code needs of the database, as queries that return nothing. Newer revisions that only add pass; no revision is named."""

WORKER = (
    "SELECT id, seconds, state, worker, started_at FROM jobs LIMIT 0",
    "SELECT job_id, worker, finished_at FROM job_results LIMIT 0",
)


def web(uses_note: bool) -> tuple[str, ...]:
    note = ", note" if uses_note else ""
    return (f"SELECT id, key, item, quantity{note} FROM orders LIMIT 0", *WORKER)
