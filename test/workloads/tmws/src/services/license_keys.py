"""License keys: TMWS-<TIER>-<random>-<YYYYMMDD or PERPETUAL>-<signature>.

The signature is an HMAC under the license's own row id, which is random and never leaves the database. So a key proves
that it belongs to its row, no other secret is needed to migrate, and a new TMWS_SECRET_KEY voids no sold license.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime

PATTERN = re.compile(r"(TMWS-(FREE|PRO|ENTERPRISE|ADMINISTRATOR)-[0-9a-f]{32}-(\d{8}|PERPETUAL))-([0-9a-f]{16})")


def sign(license_id: str, body: str) -> str:
    return hmac.new(license_id.encode(), body.encode(), hashlib.sha256).hexdigest()[:16]


def generate(license_id: str, tier: str, expires_at: datetime | None) -> str:
    """128 random bits: the guide's eight hex digits collide after some ten thousand keys."""
    day = "PERPETUAL" if expires_at is None else expires_at.strftime("%Y%m%d")
    body = f"TMWS-{tier}-{secrets.token_hex(16)}-{day}"
    return f"{body}-{sign(license_id, body)}"


def is_well_formed(license_key: str) -> bool:
    return PATTERN.fullmatch(license_key) is not None


def belongs_to(license_key: str, license_id: str, tier: str) -> bool:
    """False when the row's tier or key was edited by hand."""
    match = PATTERN.fullmatch(license_key)
    return match is not None and match[2] == tier and hmac.compare_digest(match[4], sign(license_id, match[1]))
