"""Phase 1, the environment of guide 003, part 4: read once, strictly, every fault told at once. Never a secret's value."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeVar
from urllib.parse import unquote, urlsplit

T = TypeVar("T")
PLACEHOLDER = re.compile(r"^change_this|^your_|^sk-your-", re.IGNORECASE)
ENVIRONMENTS = ("development", "staging", "production")


class ConfigError(ValueError):
    """Every variable that is wrong, what is wrong with it, what is allowed."""


@dataclass(frozen=True)
class XeroCredentials:
    client_id: str
    client_secret: str
    tenant_id: str
    refresh_token: str


@dataclass(frozen=True)
class Settings:
    version: str
    environment: str
    port: int
    database_url: str
    pool_size: int
    redis_host: str
    redis_port: int
    redis_password: str
    redis_db: int
    openai_api_key: str
    openai_model: str
    openai_base_url: str
    chroma_url: str | None
    secret_key: str
    tax_rate: Decimal
    xero_sales_account_code: str
    xero_tax_type: str
    max_quantity_per_item: int
    max_order_total: Decimal
    max_line_items: int
    min_order_total: Decimal
    xero: XeroCredentials | None
    xero_identity_url: str
    xero_api_url: str
    sentry_dsn: str | None
    uses_intent: bool


class Reader:
    """Collects the faults; a variable that is wrong stands as its default until they are told."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.env, self.faults = env, []

    def text(self, name: str, default: str | None, allowed: str, accepts: Callable[[str], bool]) -> str:
        value = self.env.get(name, "") or default
        if value is None:
            self.faults.append(f"{name} is not set: allowed is {allowed}")
        elif PLACEHOLDER.search(value):
            self.faults.append(f"{name} is still a placeholder: allowed is {allowed}")
        elif not accepts(value):
            self.faults.append(f"{name}: allowed is {allowed}")
        else:
            return value
        return default or ""

    def optional(self, name: str, allowed: str, accepts: Callable[[str], bool]) -> str | None:
        return self.text(name, None, allowed, accepts) if self.env.get(name) else None

    def number(self, name: str, default: str, low: str, high: str, make: Callable[[str], T]) -> T:
        def accepts(value: str) -> bool:
            try:
                make(value)
                return Decimal(low) <= Decimal(value) <= Decimal(high)
            except (ValueError, InvalidOperation):
                return False

        return make(self.text(name, default, f"a number from {low} to {high}", accepts))


def http_url(value: str) -> bool:
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def database(read: Reader) -> str:
    """DATABASE_URL, which must say the same as POSTGRES_*."""
    anything = bool
    user = read.text("POSTGRES_USER", None, "a role", anything)
    password = read.text("POSTGRES_PASSWORD", None, "its password", anything)
    name = read.text("POSTGRES_DB", None, "a database", anything)
    form = "postgresql://USER:PASSWORD@HOST:PORT/DATABASE"
    url = read.text(
        "DATABASE_URL", None, form, lambda value: bool(re.match(r"postgres(ql)?://[^:@/]+:[^@]+@[^/@]+/[^/?]+", value))
    )
    if url:
        parts = urlsplit(url)
        said = (unquote(parts.username or ""), unquote(parts.password or ""), unquote(parts.path[1:]))
        for variable, own, there in zip(("POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB"), (user, password, name), said):
            if own and own != there:
                read.faults.append(f"DATABASE_URL says something else than {variable}")
    return url


def xero(read: Reader) -> XeroCredentials | None:
    names = ("XERO_CLIENT_ID", "XERO_CLIENT_SECRET", "XERO_TENANT_ID", "XERO_REFRESH_TOKEN")
    given = [name for name in names if read.env.get(name)]
    if not given:
        return None
    if len(given) < len(names):
        missing = ", ".join(name for name in names if name not in given)
        read.faults.append(f"{missing}: allowed is all of XERO_CLIENT_ID, _CLIENT_SECRET, _TENANT_ID and _REFRESH_TOKEN, or none")
        return None
    return XeroCredentials(*(read.text(name, None, "a text", bool) for name in names))


def load(env: Mapping[str, str] = os.environ) -> Settings:
    read = Reader(env)
    word = lambda pattern: lambda value: re.fullmatch(pattern, value) is not None  # noqa: E731
    settings = Settings(
        version=env.get("TRIA_VERSION", "1.0.0"),
        environment=read.text("ENVIRONMENT", None, " or ".join(ENVIRONMENTS), lambda value: value in ENVIRONMENTS),
        port=read.number("TRIA_PORT", "8003", "1024", "65535", int),
        database_url=database(read),
        pool_size=read.number("DATABASE_POOL_SIZE", "10", "2", "100", int),
        redis_host=read.text("REDIS_HOST", None, "a host", word(r"[A-Za-z0-9_.:-]+")),
        redis_port=read.number("REDIS_PORT", "6379", "1", "65535", int),
        redis_password=read.text("REDIS_PASSWORD", None, "the password of Redis", bool),
        redis_db=read.number("REDIS_DB", "0", "0", "15", int),
        openai_api_key=read.text("OPENAI_API_KEY", None, "a key that begins with sk-", word(r"sk-\S{8,}")),
        openai_model=read.text("OPENAI_MODEL", "gpt-4-turbo-preview", "the name of a model", word(r"[A-Za-z0-9._:-]+")),
        openai_base_url=read.text("OPENAI_BASE_URL", "https://api.openai.com/v1", "an http(s) URL", http_url).rstrip("/"),
        chroma_url=read.optional("CHROMA_URL", "an http(s) URL", http_url),
        secret_key=read.text("SECRET_KEY", None, "32 characters or more", lambda value: len(value) >= 32),
        tax_rate=read.number("TAX_RATE", "0.08", "0", "1", Decimal),
        xero_sales_account_code=read.text("XERO_SALES_ACCOUNT_CODE", "200", "an account code", word(r"[A-Za-z0-9]{1,10}")),
        xero_tax_type=read.text("XERO_TAX_TYPE", "OUTPUT2", "a tax type of Xero", word(r"[A-Z0-9]{1,50}")),
        max_quantity_per_item=read.number("MAX_QUANTITY_PER_ITEM", "10000", "1", "1000000", int),
        max_order_total=read.number("MAX_ORDER_TOTAL", "100000.00", "0.01", "999999999", Decimal),
        max_line_items=read.number("MAX_LINE_ITEMS", "100", "1", "1000", int),
        min_order_total=read.number("MIN_ORDER_TOTAL", "0.01", "0", "999999999", Decimal),
        xero=xero(read),
        xero_identity_url=read.text("XERO_IDENTITY_URL", "https://identity.xero.com", "an http(s) URL", http_url).rstrip("/"),
        xero_api_url=read.text("XERO_API_URL", "https://api.xero.com/api.xro/2.0", "an http(s) URL", http_url).rstrip("/"),
        sentry_dsn=read.optional("SENTRY_DSN", "https://KEY@HOST/PROJECT", word(r"https?://[^@\s/]+@[^/\s]+/(\S*/)?\d+")),
        uses_intent=env.get("TRIA_SCHEMA", "0002_intent") != "0001_base",
    )
    if settings.min_order_total > settings.max_order_total:
        read.faults.append("MIN_ORDER_TOTAL: allowed is at most MAX_ORDER_TOTAL")
    if read.faults:
        raise ConfigError("; ".join(read.faults))
    return settings
