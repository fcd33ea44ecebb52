"""Activation is public: the license key is its proof. Import and removal want the admin key."""

from datetime import datetime, timedelta, timezone
from typing import Annotated, Literal

from fastapi import APIRouter, Body, HTTPException, Request
from pydantic import BaseModel, Field

from src.core import database
from src.core.security import AdminDep
from src.models.base import iso, utcnow
from src.reference_fault import FAULT
from src.services import licenses

router = APIRouter(prefix="/api/v1/license", tags=["license"])
AgentId = Annotated[str, Field(min_length=1, max_length=255)]


class Activation(BaseModel):
    agent_id: AgentId
    license_key: Annotated[str, Field(max_length=200)]


class ImportedLicense(BaseModel):
    agent_id: AgentId
    tier: Literal["FREE", "PRO", "ENTERPRISE", "ADMINISTRATOR"] | None = None
    expires_at: datetime | None = None


class ImportRequest(BaseModel):
    licenses: Annotated[list[ImportedLicense], Field(min_length=1, max_length=1000)]


def complete(item: ImportedLicense, defaults) -> licenses.Import:
    """Fills in what the request leaves out: the default tier, and the default duration for tiers that expire."""
    tier = item.tier or defaults.tier
    if item.expires_at is not None:
        moment = item.expires_at if item.expires_at.tzinfo is None else item.expires_at.astimezone(timezone.utc)
        return licenses.Import(item.agent_id, tier, moment.replace(tzinfo=None))
    expires_at = None if tier == "ADMINISTRATOR" else utcnow() + timedelta(days=defaults.duration_days)
    return licenses.Import(item.agent_id, tier, expires_at)


@router.post("/activate")
async def activate(body: Annotated[Activation, Body()]) -> dict:
    row = await database.write(licenses.activate, body.agent_id, body.license_key)
    return {"status": "success", "tier": row.tier, "expires_at": iso(row.expires_at)}


@router.post("/import")
async def import_licenses(request: Request, body: Annotated[ImportRequest, Body()], _caller: AdminDep) -> dict:
    if FAULT == "smoke":
        raise HTTPException(500, "reference fault: smoke")
    defaults = request.app.state.settings.license
    rows = await database.write(licenses.import_all, [complete(item, defaults) for item in body.licenses])
    made = [
        {"agent_id": row.agent_id, "tier": row.tier, "expires_at": iso(row.expires_at), "license_key": row.license_key}
        for row in rows
    ]
    return {"status": "success", "imported": len(made), "licenses": made}


@router.delete("/agents/{agent_id}")
async def remove_agent_licenses(request: Request, agent_id: str, _caller: AdminDep) -> dict:
    """Forgets today's budget count too: an agent that comes back under the same name starts afresh."""
    removed = await database.write(licenses.remove, agent_id)
    await request.app.state.counters.forget(agent_id)
    return {"status": "success", "removed": removed}
