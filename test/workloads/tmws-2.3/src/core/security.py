"""API keys. None is stored: each is proved by a MAC under TMWS_SECRET_KEY, so a new secret voids all of them.

The admin key is HMAC-SHA256(secret, "api-key") and lasts as long as the secret. A namespace key is
NAMESPACE.EXPIRY.MAC, lasts 90 days, and sees its own namespace only.
"""

import hashlib
import hmac
import re
import time
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, HTTPException, Request

NAMESPACE = r"[a-z0-9][a-z0-9_-]{0,62}"


@dataclass(frozen=True)
class Caller:
    name: str
    namespace: str | None = None  # None: any


def mac(secret: str, message: str) -> str:
    return hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()


def admin_key(secret: str) -> str:
    return mac(secret, "api-key")


def namespace_key(secret: str, namespace: str, expires: int) -> str:
    return f"{namespace}.{expires}.{mac(secret, f'api-key:{namespace}:{expires}')}"


def identify(secret: str, authorization: str | None) -> Caller | None:
    """Who sent this Authorization header, or None when it proves nobody."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    token = token.strip()
    if hmac.compare_digest(token.encode(), admin_key(secret).encode()):
        return Caller("admin")
    parts = re.fullmatch(rf"({NAMESPACE})\.(\d{{1,12}})\.[0-9a-f]{{64}}", token)
    if parts is None or int(parts[2]) < time.time():
        return None
    if not hmac.compare_digest(token, namespace_key(secret, parts[1], int(parts[2]))):
        return None
    return Caller(f"namespace:{parts[1]}", parts[1])


def require_caller(request: Request, authorization: Annotated[str | None, Header()] = None) -> Caller:
    settings = request.app.state.settings
    caller = identify(settings.secret_key, authorization) if settings.auth else Caller("anonymous")
    if caller is None:
        raise HTTPException(401, "send Authorization: Bearer <key>; `tmws api-key` prints one", {"WWW-Authenticate": "Bearer"})
    request.scope["tmws.actor"] = caller.name
    return caller


CallerDep = Annotated[Caller, Depends(require_caller)]


def namespace_of(
    request: Request, caller: CallerDep, x_tmws_namespace: Annotated[str | None, Header(pattern=f"^{NAMESPACE}$")] = None
) -> str | None:
    """The namespace a request works in. None is all of them: the admin's, or anybody's when isolation is off."""
    if not request.app.state.settings.namespace_isolation or caller.namespace is None:
        return x_tmws_namespace
    if x_tmws_namespace not in (None, caller.namespace):
        raise HTTPException(403, f"this key sees the namespace {caller.namespace} only")
    return caller.namespace


NamespaceDep = Annotated[str | None, Depends(namespace_of)]
