"""What can be done with licenses. Plain functions on a session, shared by the API and the command line."""

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from src.models import Agent, License
from src.models.base import new_id, utcnow
from src.services import license_keys


class LicenseError(ValueError):
    """A license that is refused, with the HTTP status that says why."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Import:
    agent_id: str
    tier: str
    expires_at: datetime | None


def expiry(duration: str, now: datetime) -> datetime | None:
    """30d, 12m (calendar months) or 2y from now; `perpetual` is None."""
    match = re.fullmatch(r"([1-9]\d{0,4})([dmy])", duration)
    if duration == "perpetual":
        return None
    if match is None:
        raise LicenseError(f"duration {duration!r}: allowed is like 30d, 12m, 2y, or perpetual", 422)
    count = int(match[1])
    if match[2] == "d":
        return now + timedelta(days=count)
    months = now.month - 1 + count * (12 if match[2] == "y" else 1)
    year, month = now.year + months // 12, months % 12 + 1
    if year > 9999:
        raise LicenseError(f"duration {duration!r}: ends after the year 9999", 422)
    return now.replace(year=year, month=month, day=min(now.day, calendar.monthrange(year, month)[1]))


def is_valid(now: datetime) -> ColumnElement[bool]:
    return and_(License.is_active.is_(True), or_(License.expires_at.is_(None), License.expires_at > now))


def filters(now: datetime) -> dict[str, ColumnElement[bool]]:
    return {
        "active": is_valid(now),
        "expired": and_(License.is_active.is_(True), License.expires_at <= now),
        "revoked": License.is_active.is_(False),
        "all": License.id.is_not(None),
    }


def find_or_add_agent(db: Session, agent_id: str) -> Agent:
    agent = db.scalar(select(Agent).where(Agent.agent_id == agent_id))
    if agent is None:
        agent = Agent(agent_id=agent_id, source="license")
        db.add(agent)
        db.flush()
    return agent


def create(db: Session, agent_id: str, tier: str, expires_at: datetime | None) -> License:
    """A license that its agent has yet to activate. ADMINISTRATOR alone may be perpetual."""
    if expires_at is None and tier != "ADMINISTRATOR":
        raise LicenseError(f"{tier} licenses expire; only ADMINISTRATOR may be perpetual", 422)
    find_or_add_agent(db, agent_id)
    license_id = new_id()
    key = license_keys.generate(license_id, tier, expires_at)
    row = License(id=license_id, license_key=key, tier=tier, agent_id=agent_id, expires_at=expires_at)
    db.add(row)
    db.flush()
    return row


def check(db: Session, license_key: str) -> License:
    """The license of this key, counted as validated, or a LicenseError that says what is wrong with it."""
    if not license_keys.is_well_formed(license_key):
        raise LicenseError("this is not a license key: TMWS-<TIER>-<random>-<expiry>-<signature>", 422)
    row = db.scalar(select(License).where(License.license_key == license_key))
    if row is None or not license_keys.belongs_to(license_key, row.id, row.tier):
        raise LicenseError("unknown license key", 404)
    if not row.is_active:
        raise LicenseError("license was revoked", 403)
    if row.expires_at is not None and row.expires_at <= utcnow():
        raise LicenseError("license has expired", 403)
    row.last_validated_at = utcnow()
    row.validation_count += 1
    return row


def assign(agent: Agent, row: License) -> None:
    agent.license_key_id, agent.license_tier, agent.license_expiration = row.id, row.tier, row.expires_at


def activate(db: Session, agent_id: str, license_key: str) -> License:
    row = check(db, license_key)
    if row.agent_id not in (None, agent_id):
        raise LicenseError("license belongs to another agent", 409)
    agent = find_or_add_agent(db, agent_id)
    row.agent_id = agent_id
    assign(agent, row)
    return row


def import_all(db: Session, imports: Iterable[Import]) -> list[License]:
    """Licenses of another system, assigned at once. All of them or none."""
    rows = []
    for item in imports:
        row = create(db, item.agent_id, item.tier, item.expires_at)
        assign(find_or_add_agent(db, item.agent_id), row)
        rows.append(row)
    return rows


def remove(db: Session, agent_id: str) -> int:
    """Deletes every license of an agent, and the agent too if a license brought it. Returns how many licenses went."""
    agent = db.scalar(select(Agent).where(Agent.agent_id == agent_id))
    if agent is None:
        raise LicenseError(f"no agent {agent_id!r}", 404)
    agent.license_key_id, agent.license_tier, agent.license_expiration = None, "FREE", None
    db.flush()
    removed = db.execute(delete(License).where(License.agent_id == agent_id)).rowcount
    if agent.source == "license":
        db.delete(agent)
    return removed


def revoke(db: Session, license_key: str, reason: str) -> None:
    found = db.execute(
        update(License)
        .where(License.license_key == license_key, License.is_active.is_(True))
        .values(is_active=False, revoked_at=utcnow(), revoked_reason=reason)
    )
    if found.rowcount == 0:
        raise LicenseError("no active license has this key", 404)


def count_expiring(db: Session, days: int = 7) -> int:
    """Valid licenses that end within so many days."""
    now = utcnow()
    return db.scalar(
        select(func.count()).select_from(License).where(is_valid(now), License.expires_at <= now + timedelta(days=days))
    ) or 0
