"""Token budgets per agent and UTC day, counted in Redis when configured (shared, survives a restart), else in memory.

FREE and PRO: full validation. ENTERPRISE: a valid license, no token budget. ADMINISTRATOR: skips all checks.
"""

from dataclasses import asdict, dataclass

from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.orm import Session

from src.core import database
from src.models import Agent, License
from src.models.base import utcnow
from src.services.licenses import LicenseError, check

DAILY_TOKENS = {"FREE": 10_000, "PRO": 1_000_000}
KEEP_SECONDS = 2 * 86_400

# One step in Redis: two concurrent checks never both take the last tokens.
SPEND = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used + tonumber(ARGV[1]) > tonumber(ARGV[2]) then return {0, used} end
used = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return {1, used}
"""


def today() -> str:
    return utcnow().strftime("%Y-%m-%d")


def redis_key(day: str, agent_id: str) -> str:
    return f"tmws:budget:{day}:{agent_id}"


class Counters:
    def __init__(self, redis: Redis | None) -> None:
        self.redis = redis
        self.memory: dict[str, int] = {}
        self.day = ""

    async def spend(self, agent_id: str, tokens: int, limit: int) -> tuple[bool, int]:
        """Takes the tokens if the budget holds them. Returns whether it did, and what is used now."""
        day = today()
        if self.redis is not None:
            taken, used = await self.redis.eval(SPEND, 1, redis_key(day, agent_id), tokens, limit, KEEP_SECONDS)
            return bool(taken), int(used)
        if day != self.day:
            self.day, self.memory = day, {}
        used = self.memory.get(agent_id, 0)
        if used + tokens > limit:
            return False, used
        self.memory[agent_id] = used + tokens
        return True, used + tokens

    async def forget(self, agent_id: str) -> None:
        if self.redis is not None:
            await self.redis.delete(redis_key(today(), agent_id))
        self.memory.pop(agent_id, None)


@dataclass(frozen=True)
class Verdict:
    agent_id: str
    tier: str
    result: str  # allowed | exceeded | denied | skipped
    allowed: bool
    used: int | None = None
    limit: int | None = None
    reason: str | None = None

    def as_dict(self) -> dict:
        return asdict(self)


def tier_of(db: Session, agent_id: str) -> str | None:
    return db.scalar(select(Agent.license_tier).where(Agent.agent_id == agent_id))


def validate(db: Session, agent_id: str) -> str | None:
    """Why the agent's license is refused, or None. Counts the validation."""
    key = db.scalar(
        select(License.license_key).join(Agent, Agent.license_key_id == License.id).where(Agent.agent_id == agent_id)
    )
    if key is None:
        return "agent has no license"
    try:
        check(db, key)
    except LicenseError as error:
        return str(error)
    return None


async def check_budget(counters: Counters, agent_id: str, tokens: int) -> Verdict:
    tier = await database.read(tier_of, agent_id)
    if tier is None:
        raise LicenseError(f"no agent {agent_id!r}", 404)
    if tier == "ADMINISTRATOR":
        return Verdict(agent_id, tier, "skipped", True)
    reason = await database.write(validate, agent_id)
    if reason is not None:
        return Verdict(agent_id, tier, "denied", False, reason=reason)
    limit = DAILY_TOKENS.get(tier)
    if limit is None:
        return Verdict(agent_id, tier, "allowed", True)
    taken, used = await counters.spend(agent_id, tokens, limit)
    return Verdict(agent_id, tier, "allowed" if taken else "exceeded", taken, used, limit)
