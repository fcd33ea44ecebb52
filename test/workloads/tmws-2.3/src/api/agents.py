from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from src.core import database
from src.core.security import NamespaceDep
from src.models import Agent
from src.models.base import iso

router = APIRouter(prefix="/api/v1", tags=["agents"])


def page(db: Session, namespace: str | None, limit: int, offset: int) -> dict:
    wanted = select(Agent) if namespace is None else select(Agent).where(Agent.namespace == namespace)
    total = db.scalar(select(func.count()).select_from(wanted.subquery()))
    agents = [
        {
            "agent_id": agent.agent_id,
            "display_name": agent.display_name,
            "namespace": agent.namespace,
            "status": agent.status,
            "last_seen_at": iso(agent.last_seen_at),
        }
        for agent in db.scalars(wanted.order_by(Agent.agent_id).limit(limit).offset(offset))
    ]
    return {"total": total, "agents": agents}


@router.get("/agents")
async def list_agents(
    namespace: NamespaceDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    offset: Annotated[int, Query(ge=0)] = 0,
) -> dict:
    return await database.read(page, namespace, limit, offset)
