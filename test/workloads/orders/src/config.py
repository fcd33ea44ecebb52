"""The environment, read once and strictly. A bad value stops the start with one line that names it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """One variable, what is wrong with it, what is allowed. Never a secret's value."""


@dataclass(frozen=True)
class Settings:
    version: str
    database_url: str
    port: int
    metrics: bool
    start_delay_seconds: float
    answer_delay_seconds: float
    greeting: str
    uses_note: bool


def database_url(env: Mapping[str, str]) -> str:
    """The URL as libpq takes it, without SQLAlchemy's +driver."""
    value = env.get("ORDERS_DATABASE_URL", "")
    plain = re.sub(r"^(postgres|postgresql)(\+psycopg)?://", "postgresql://", value)
    parts = urlsplit(plain)
    if parts.scheme != "postgresql" or not parts.hostname or len(parts.path) < 2:
        raise ConfigError("ORDERS_DATABASE_URL: allowed is postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
    return plain


def sqlalchemy_url(env: Mapping[str, str]) -> str:
    """The same database for Alembic: SQLAlchemy would take the driver psycopg2 unless told."""
    return database_url(env).replace("postgresql://", "postgresql+psycopg://", 1)


def uses_note(env: Mapping[str, str]) -> bool:
    """Whether this code reads and writes orders.note: not before 0002_note, and not in the release that drops it."""
    return env.get("ORDERS_SCHEMA", "0002_note") != "0001_orders" and env.get("ORDERS_REFERENCE_FAULT") != "contract"


def flag(env: Mapping[str, str], name: str, default: str) -> bool:
    value = env.get(name, default)
    if value not in ("true", "false"):
        raise ConfigError(f"{name}={value!r}: allowed is true or false")
    return value == "true"


def number(env: Mapping[str, str], name: str, default: str, low: float, high: float) -> float:
    value = env.get(name, default)
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", value) or not low <= float(value) <= high:
        raise ConfigError(f"{name}={value!r}: allowed is a number from {low:g} to {high:g}")
    return float(value)


def load(env: Mapping[str, str] = os.environ) -> Settings:
    return Settings(
        version=env.get("ORDERS_VERSION", "1.0.0"),
        database_url=database_url(env),
        port=int(number(env, "ORDERS_PORT", "8000", 1024, 65535)),
        metrics=flag(env, "ORDERS_METRICS", "true"),
        start_delay_seconds=number(env, "ORDERS_START_DELAY_SECONDS", "0", 0, 600),
        answer_delay_seconds=number(env, "ORDERS_ANSWER_DELAY_SECONDS", "0", 0, 60),
        greeting=env.get("ORDERS_GREETING", "hello"),
        uses_note=uses_note(env),
    )
