"""Orders as invoices in Xero. The refresh token rotates with each use: it lives in the database, under a lock, for all replicas."""

import asyncio
import logging
from hashlib import sha256
from typing import Any

import httpx

from src.config import Settings, XeroCredentials
from src.core.database import Database

log = logging.getLogger("uvicorn.error")
PERIOD_SECONDS = 5.0

OPEN = """
    SELECT id, subtotal, tax FROM orders WHERE xero_invoice_id IS NULL ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
"""
LINES = """
    SELECT p.sku, p.name, i.quantity, i.unit_price FROM order_items i JOIN products p ON p.id = i.product_id
    WHERE i.order_id = %s ORDER BY i.line
"""
# A token that config gave anew replaces the rotated one; the same config again does not.
REMEMBER = """
    INSERT INTO xero_tokens (tenant_id, given_hash, refresh_token) VALUES (%(tenant)s, %(hash)s, %(token)s)
    ON CONFLICT (tenant_id) DO UPDATE SET given_hash = excluded.given_hash, refresh_token = excluded.refresh_token, updated_at = now()
    WHERE xero_tokens.given_hash <> excluded.given_hash
"""


class Xero:
    def __init__(self, settings: Settings, credentials: XeroCredentials, database: Database) -> None:
        self.settings, self.credentials, self.database = settings, credentials, database
        self.client = httpx.AsyncClient(timeout=10)

    async def start(self) -> None:
        own = self.credentials
        given = sha256(own.refresh_token.encode()).hexdigest()
        await self.database.rows(REMEMBER, {"tenant": own.tenant_id, "hash": given, "token": own.refresh_token})

    async def run(self) -> None:
        """Until cancelled: sends what is not yet an invoice. Xero being away delays invoices, never orders."""
        while True:
            try:
                while await self.send_one():
                    pass
            except Exception as error:  # noqa: BLE001 - told, and tried again
                log.warning("xero: %s", type(error).__name__ if not str(error) else f"{type(error).__name__}: {error}")
            await asyncio.sleep(PERIOD_SECONDS)

    async def send_one(self) -> bool:
        async with self.database.transaction() as session:
            found = await session.rows(OPEN)
            if not found:
                return False
            token = await self.access_token()
            [order] = found
            answer = await self.client.post(
                f"{self.settings.xero_api_url}/Invoices",
                headers={
                    "Authorization": f"Bearer {token}",
                    "Xero-Tenant-Id": self.credentials.tenant_id,
                    "Accept": "application/json",
                    "Idempotency-Key": f"tria-order-{order['id']}",
                },
                json={"Invoices": [self.invoice(order["id"], await session.rows(LINES, [order["id"]]))]},
            )
            answer.raise_for_status()
            number = answer.json()["Invoices"][0]["InvoiceID"]
            await session.rows("UPDATE orders SET xero_invoice_id = %s WHERE id = %s", [number, order["id"]])
        return True

    def invoice(self, order: int, lines: list[dict[str, Any]]) -> dict[str, Any]:
        return {
            "Type": "ACCREC",
            "Reference": f"tria-order-{order}",
            "LineItems": [
                {
                    "ItemCode": line["sku"],
                    "Description": line["name"],
                    "Quantity": line["quantity"],
                    "UnitAmount": str(line["unit_price"]),
                    "AccountCode": self.settings.xero_sales_account_code,
                    "TaxType": self.settings.xero_tax_type,
                }
                for line in lines
            ],
        }

    async def access_token(self) -> str:
        """Committed by itself, at once: the token that came in exchange is the only one that is still good."""
        own = self.credentials
        async with self.database.transaction() as session:
            [row] = await session.rows("SELECT refresh_token FROM xero_tokens WHERE tenant_id = %s FOR UPDATE", [own.tenant_id])
            answer = await self.client.post(
                f"{self.settings.xero_identity_url}/connect/token",
                auth=(own.client_id, own.client_secret),
                data={"grant_type": "refresh_token", "refresh_token": row["refresh_token"]},
            )
            answer.raise_for_status()
            tokens = answer.json()
            await session.rows(
                "UPDATE xero_tokens SET refresh_token = %s, updated_at = now() WHERE tenant_id = %s",
                [tokens["refresh_token"], own.tenant_id],
            )
        return tokens["access_token"]

    async def close(self) -> None:
        await self.client.aclose()
