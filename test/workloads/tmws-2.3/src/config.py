"""The environment, read once and strictly. A bad value stops the start with one line that names it."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

ENVIRONMENTS = ("local", "development", "test", "staging", "production")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")
SECURITY_SWITCHES = ("AUTH", "RATE_LIMIT", "SECURITY_HEADERS", "AUDIT_LOG", "NAMESPACE_ISOLATION")
DATABASE_URL = re.compile(r"sqlite(\+aiosqlite)?:///(?P<path>[^?#]+)")
CONFIG_FOLDER = "/app/config"
LOG_FOLDER = "/app/logs"
API_KEY_EXPIRE_DAYS = 90  # a variable of its own comes with 2.4


class ConfigError(ValueError):
    """One variable, what is wrong with it, what is allowed. Never a secret's value."""


@dataclass(frozen=True)
class Settings:
    version: str
    database_url: str
    secret_key: str
    ollama_base_url: str
    ollama_model: str
    cors_origins: tuple[str, ...]
    log_level: str
    environment: str
    auth: bool
    rate_limit: bool
    rate_limit_per_minute: int
    security_headers: bool
    audit_log: bool
    namespace_isolation: bool


def choice(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name, default)
    if value not in allowed:
        raise ConfigError(f"{name}={value!r}: allowed is one of {', '.join(allowed)}")
    return value


def flag(env: Mapping[str, str], name: str, default: bool) -> bool:
    return choice(env, name, "true" if default else "false", ("true", "false")) == "true"


def integer(env: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    value = env.get(name, str(default))
    if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
        raise ConfigError(f"{name}={value!r}: allowed is a whole number from {low} to {high}")
    return int(value)


def async_database_url(env: Mapping[str, str]) -> str:
    """The URL for the async engine. SQLite only: the whole deployment is made for its one writer."""
    match = DATABASE_URL.fullmatch(env.get("TMWS_DATABASE_URL", "sqlite+aiosqlite:////app/data/tmws.db"))
    if match is None:
        raise ConfigError("TMWS_DATABASE_URL: allowed is sqlite+aiosqlite:///RELATIVE or sqlite+aiosqlite:////ABSOLUTE")
    path = match["path"]
    if not os.path.isdir(os.path.dirname(path) or "."):
        raise ConfigError(f"TMWS_DATABASE_URL: the folder of {path} does not exist")
    return f"sqlite+aiosqlite:///{path}"


def sync_database_url(env: Mapping[str, str]) -> str:
    """The same database for Alembic."""
    return async_database_url(env).replace("+aiosqlite", "")


def pool(env: Mapping[str, str]) -> dict[str, int]:
    """Guide 001, "Vertical Scaling": connections that are kept, and how many more a burst may open."""
    return {
        "pool_size": integer(env, "TMWS_DB_POOL_SIZE", 5, 1, 100),
        "max_overflow": integer(env, "TMWS_DB_MAX_OVERFLOW", 10, 0, 200),
    }


def secret_key(env: Mapping[str, str]) -> str:
    value = env.get("TMWS_SECRET_KEY", "")
    if not re.fullmatch(r"[0-9a-fA-F]{64}", value):
        raise ConfigError("TMWS_SECRET_KEY: allowed is 64 hexadecimal digits (openssl rand -hex 32)")
    return value


def ollama_base_url(env: Mapping[str, str]) -> str:
    value = env.get("TMWS_OLLAMA_BASE_URL", "http://host.docker.internal:11434")
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or value.endswith("/"):
        raise ConfigError(f"TMWS_OLLAMA_BASE_URL={value!r}: allowed is http://HOST:PORT")
    return value


def ollama_model(env: Mapping[str, str]) -> str:
    value = env.get("TMWS_OLLAMA_MODEL", "zylonai/multilingual-e5-large")
    if not re.fullmatch(r"[\w./:-]+", value):
        raise ConfigError(f"TMWS_OLLAMA_MODEL={value!r}: allowed is the name of a model, like zylonai/multilingual-e5-large")
    return value


def cors_origins(env: Mapping[str, str]) -> tuple[str, ...]:
    raw = env.get("TMWS_CORS_ORIGINS", "[]")
    try:
        origins = json.loads(raw)
    except ValueError:
        origins = None
    if not isinstance(origins, list) or not all(
        origin == "*" or isinstance(origin, str) and re.fullmatch(r"https?://[^/\s*]+", origin) for origin in origins
    ):
        raise ConfigError(f'TMWS_CORS_ORIGINS={raw!r}: allowed is a JSON array like ["https://your-domain.com"]')
    return tuple(origins)


def load(env: Mapping[str, str] = os.environ) -> Settings:
    """Everything the server needs. Security switches are on unless switched off, and production may not do that."""
    pool(env)
    settings = Settings(
        version=env.get("TMWS_VERSION", "2.3.1"),
        database_url=async_database_url(env),
        secret_key=secret_key(env),
        ollama_base_url=ollama_base_url(env),
        ollama_model=ollama_model(env),
        cors_origins=cors_origins(env),
        log_level=choice(env, "TMWS_LOG_LEVEL", "INFO", LOG_LEVELS),
        environment=choice(env, "TMWS_ENVIRONMENT", "production", ENVIRONMENTS),
        rate_limit_per_minute=integer(env, "TMWS_RATE_LIMIT_PER_MINUTE", 600, 1, 10_000_000),
        **{name.lower(): flag(env, f"TMWS_{name}_ENABLED", True) for name in SECURITY_SWITCHES},
    )
    for folder in (CONFIG_FOLDER, LOG_FOLDER):
        if not os.access(folder, os.W_OK | os.X_OK):
            raise ConfigError(f"{folder}: must be a folder that uid {os.getuid()} can write")
    if settings.environment == "production":
        refuse_lax_production(settings)
    return settings


def refuse_lax_production(settings: Settings) -> None:
    for name in SECURITY_SWITCHES:
        if not getattr(settings, name.lower()):
            raise ConfigError(f"TMWS_{name}_ENABLED=false: production allows only true")
    if "*" in settings.cors_origins:
        raise ConfigError('TMWS_CORS_ORIGINS: production does not allow "*"')
    if settings.log_level == "DEBUG":
        raise ConfigError("TMWS_LOG_LEVEL=DEBUG: production allows INFO and above, DEBUG may show secrets")
