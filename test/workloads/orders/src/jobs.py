"""Jobs: the web part enqueues and counts them, the worker does them."""

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

router = APIRouter(prefix="/jobs", tags=["jobs"])


class NewJobs(BaseModel):
    count: Annotated[int, Field(ge=1, le=10_000)]
    seconds: Annotated[float, Field(ge=0, le=3600)]


@router.post("", status_code=202)
async def enqueue(request: Request, jobs: NewJobs) -> dict[str, int]:
    await request.app.state.database.rows(
        "INSERT INTO jobs (seconds) SELECT %s FROM generate_series(1, %s)", [jobs.seconds, jobs.count]
    )
    return {"enqueued": jobs.count}


@router.get("")
async def state(request: Request) -> dict[str, Any]:
    """`by` counts results, not jobs: who did each one, by host name."""
    rows = await request.app.state.database.rows(
        "SELECT state AS name, count(*) AS count, false AS result FROM jobs GROUP BY state"
        " UNION ALL SELECT worker, count(*), true FROM job_results GROUP BY worker"
    )
    states = {row["name"]: row["count"] for row in rows if not row["result"]}
    return {
        **{name: states.get(name, 0) for name in ("waiting", "running", "done")},
        "by": {row["name"]: row["count"] for row in rows if row["result"]},
    }
