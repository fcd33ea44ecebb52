"""The environment of guide 004, "Environment Variables": read once, strictly, every fault told at once. Never a secret's value."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PLACEHOLDER = re.compile(r"^change[-_]?(this|me)|(^|-)your[-_]|\.\.\.$|^<.*>$", re.IGNORECASE)


class ConfigError(ValueError):
    """Every variable that is wrong, and what is allowed."""


@dataclass(frozen=True)
class Settings:
    version: str
    environment: str
    log_level: str
    database_url: str
    redis_url: str
    pool_size: int
    anthropic_api_key: str
    anthropic_base_url: str
    anthropic_model: str
    secret_key: str
    api_token: str
    max_workers: int
    # A task that takes longer is ended; a stop waits longer than this.
    task_seconds: int
    greeting: str
    # Whether the code knows facts.cost_status.
    uses_cost_status: bool

    @property
    def sqlite(self) -> bool:
        return self.database_url.startswith("sqlite:")


def sqlalchemy_url(url: str) -> str:
    """The driver that is installed; the address itself is what psql takes too."""
    return re.sub(r"^postgres(ql)?:", "postgresql+psycopg:", url)


def load(env: Mapping[str, str] = os.environ) -> Settings:
    faults: list[str] = []

    def text(name: str, default: str | None, allowed: str, accepts: Callable[[str], object]) -> str:
        value = env.get(name) or default
        if value is None or PLACEHOLDER.search(value) or not accepts(value):
            faults.append(f"{name}: allowed is {allowed}")
            return default or ""
        return value

    def number(name: str, default: int, low: int, high: int) -> int:
        value = text(name, str(default), f"a whole number from {low} to {high}", lambda it: it.isdigit() and low <= int(it) <= high)
        return int(value)

    def words(name: str, default: str, *allowed: str) -> str:
        return text(name, default, f"one of {', '.join(allowed)}", lambda it: it in allowed)

    text("FLASK_APP", "web.app", "web.app", lambda it: it == "web.app")
    settings = Settings(
        version=env.get("DILIGENCE_VERSION", "0.0.0"),
        environment=words("FLASK_ENV", "production", "production", "staging", "development"),
        log_level=words("LOG_LEVEL", "INFO", "DEBUG", "INFO", "WARNING", "ERROR"),
        database_url=sqlalchemy_url(
            text(
                "DATABASE_URL",
                None,
                "postgresql://USER:PASSWORD@HOST:PORT/DATABASE or sqlite:////absolute/path (a relative one lands elsewhere)",
                lambda it: re.match(r"postgres(ql)?(\+psycopg)?://[^/]+/\w+|sqlite:////", it),
            )
        ),
        redis_url=text("REDIS_URL", None, "redis://[:PASSWORD@]HOST:PORT/NUMBER", lambda it: it.startswith(("redis://", "rediss://"))),
        pool_size=number("DATABASE_POOL_SIZE", 5, 1, 50),
        anthropic_api_key=text("ANTHROPIC_API_KEY", None, "a key of Anthropic, sk-ant-...", lambda it: it.startswith("sk-ant-") and len(it) > 14),
        anthropic_base_url=text("ANTHROPIC_BASE_URL", "https://api.anthropic.com", "an http or https URL", lambda it: re.match(r"https?://\S+$", it)),
        anthropic_model=text("ANTHROPIC_MODEL", "claude-sonnet-4-5", "the name of a model", lambda it: re.fullmatch(r"[\w.:-]+", it)),
        secret_key=text("SECRET_KEY", None, "64 hex digits", lambda it: re.fullmatch(r"[0-9a-f]{64}", it)),
        api_token=text("API_TOKEN", None, "16 characters or more", lambda it: len(it) >= 16),
        max_workers=number("MAX_WORKERS", 4, 1, 64),
        task_seconds=number("CELERY_TASK_TIME_LIMIT", 24, 1, 3600),
        greeting=env.get("DILIGENCE_GREETING", "hello"),
        uses_cost_status=env.get("DILIGENCE_SCHEMA", "003") != "002",
    )
    if faults:
        raise ConfigError("; ".join(faults))
    return settings
