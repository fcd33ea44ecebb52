"""Orders: prices from the catalog, TAX_RATE, the four limits of the guide. Written by the caller's transaction."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from src.config import Settings
from src.core.database import Session
from src.services.intent_classifier import Wanted

CENT = Decimal("0.01")


class OrderRefused(Exception):
    """Why, in words for the user."""


@dataclass(frozen=True)
class Line:
    product_id: int
    sku: str
    quantity: int
    unit_price: Decimal


@dataclass(frozen=True)
class Quote:
    lines: tuple[Line, ...]
    subtotal: Decimal
    tax: Decimal

    @property
    def total(self) -> Decimal:
        return self.subtotal + self.tax


def quote(settings: Settings, wanted: tuple[Wanted, ...], products: list[dict[str, Any]]) -> Quote:
    if not wanted:
        raise OrderRefused("say what to order, such as: order 2 x BOX-12")
    if len(wanted) > settings.max_line_items:
        raise OrderRefused(f"{len(wanted)} lines, at most {settings.max_line_items} are allowed")
    known = {each["sku"]: each for each in products}
    for each in wanted:
        if each.sku not in known:
            raise OrderRefused(f"there is no product {each.sku}")
        if not 1 <= each.quantity <= settings.max_quantity_per_item:
            raise OrderRefused(f"{each.quantity} x {each.sku}, allowed are 1 to {settings.max_quantity_per_item}")
    lines = tuple(
        Line(known[each.sku]["id"], each.sku, each.quantity, known[each.sku]["unit_price"]) for each in wanted
    )
    subtotal = sum((line.quantity * line.unit_price for line in lines), Decimal(0)).quantize(CENT)
    made = Quote(lines, subtotal, (subtotal * settings.tax_rate).quantize(CENT, ROUND_HALF_UP))
    if not settings.min_order_total <= made.total <= settings.max_order_total:
        raise OrderRefused(f"a total of {made.total}, allowed are {settings.min_order_total} to {settings.max_order_total}")
    return made


async def prepare(settings: Settings, session: Session, wanted: tuple[Wanted, ...]) -> Quote:
    rows = await session.rows(
        "SELECT id, sku, unit_price FROM products WHERE active AND sku = ANY(%s)", [[each.sku for each in wanted]]
    )
    return quote(settings, wanted, rows)


async def place(session: Session, customer: int, made: Quote) -> dict[str, Any]:
    [row] = await session.rows(
        "INSERT INTO orders (customer_id, subtotal, tax, total) VALUES (%s, %s, %s, %s) RETURNING id",
        [customer, made.subtotal, made.tax, made.total],
    )
    for number, line in enumerate(made.lines, 1):
        await session.rows(
            "INSERT INTO order_items (order_id, line, product_id, quantity, unit_price) VALUES (%s, %s, %s, %s, %s)",
            [row["id"], number, line.product_id, line.quantity, line.unit_price],
        )
    return {
        "id": row["id"],
        "lines": [{"sku": line.sku, "quantity": line.quantity, "unit_price": str(line.unit_price)} for line in made.lines],
        "subtotal": str(made.subtotal),
        "tax": str(made.tax),
        "total": str(made.total),
    }
