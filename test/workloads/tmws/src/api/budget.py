from typing import Annotated

from fastapi import APIRouter, Body, Request
from pydantic import BaseModel, Field

from src.core import metrics
from src.core.security import AdminDep
from src.services.budget import check_budget

router = APIRouter(prefix="/api/v1/budget", tags=["budget"])


class BudgetRequest(BaseModel):
    agent_id: Annotated[str, Field(min_length=1, max_length=255)]
    tokens: Annotated[int, Field(ge=0, le=1_000_000_000)]


@router.post("/check")
async def check(request: Request, body: Annotated[BudgetRequest, Body()], _caller: AdminDep) -> dict:
    """Answers 200 also when the budget is exceeded: `allowed` says so. 503 when Redis does not answer."""
    verdict = await check_budget(request.app.state.counters, body.agent_id, body.tokens)
    metrics.budget_checks.labels(result=verdict.result, tier=verdict.tier).inc()
    if verdict.allowed:
        metrics.tokens_used.labels(tier=verdict.tier).inc(body.tokens)
    return verdict.as_dict()
