"""The queue in PostgreSQL, as the worker sees it.

A job is claimed in one short transaction and done in a second one that keeps its row locked. So every other client sees
`running`, a job whose worker was killed has no lock and is taken again, and the result, unique per job, comes with `done` or not at all.
"""

from collections.abc import Callable

import psycopg

# Between claim and lock a row of a live worker is unlocked for a moment: too young to be taken for an orphan.
ORPHAN_SECONDS = 5

CLAIM = f"""
    UPDATE jobs SET state = 'running', worker = %(worker)s, started_at = clock_timestamp()
    WHERE id = (
        SELECT id FROM jobs
        WHERE state = 'waiting'
           OR (state = 'running' AND started_at < clock_timestamp() - interval '{ORPHAN_SECONDS} seconds')
        ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1
    )
    RETURNING id, seconds
"""
LOCK = "SELECT 1 FROM jobs WHERE id = %(id)s AND state = 'running' AND worker = %(worker)s FOR UPDATE"
RESULT = "INSERT INTO job_results (job_id, worker) VALUES (%(id)s, %(worker)s)"
DONE = "UPDATE jobs SET state = 'done' WHERE id = %(id)s"


def take(connection: psycopg.Connection, worker: str, work: Callable[[float], None]) -> int | None:
    """Does one job if there is one and returns its id. `work` gets the job's seconds."""
    claimed = connection.execute(CLAIM, {"worker": worker}).fetchone()
    if claimed is None:
        return None
    job, seconds = claimed
    with connection.transaction():
        if connection.execute(LOCK, {"id": job, "worker": worker}).fetchone() is None:
            return None  # another worker has it by now
        work(seconds)
        connection.execute(RESULT, {"id": job, "worker": worker})
        connection.execute(DONE, {"id": job})
    return job
