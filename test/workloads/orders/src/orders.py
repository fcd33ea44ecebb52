"""Orders: one row per key, however often the client sends it."""

from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from pydantic import AfterValidator, BaseModel, Field

from src.fault import afterthought, spoilt

router = APIRouter(prefix="/orders", tags=["orders"])


def not_count(key: str) -> str:
    if key == "count":
        raise ValueError("the key count is taken by GET /orders/count")
    return key


Key = Annotated[str, Field(pattern=r"^[A-Za-z0-9._:-]{1,200}$"), AfterValidator(not_count)]


class NewOrder(BaseModel):
    key: Key
    item: Annotated[str, Field(min_length=1, max_length=1000)]
    quantity: Annotated[int, Field(ge=1, le=2_147_483_647)]
    note: Annotated[str | None, Field(max_length=10_000)] = None


def columns(request: Request) -> list[str]:
    return ["key", "item", "quantity", *(["note"] if request.app.state.settings.uses_note else [])]


@router.post("", status_code=201)
async def place(request: Request, response: Response, order: NewOrder) -> dict[str, Any]:
    """201 when this request made the order, 200 when an earlier one with the same key did."""
    database, names = request.app.state.database, columns(request)
    values = spoilt({name: getattr(order, name) for name in names})
    made = await database.rows(
        f"INSERT INTO orders ({', '.join(names)}) VALUES ({', '.join(['%s'] * len(names))})"
        " ON CONFLICT (key) DO NOTHING RETURNING id",
        list(values.values()),
    )
    await afterthought(database)
    found = made or await database.rows("SELECT id FROM orders WHERE key = %s", [order.key])
    if not found:
        raise HTTPException(409, "the order was deleted at the same moment; send it again")
    response.status_code = 201 if made else 200
    return {"id": found[0]["id"], "key": order.key, "version": request.app.state.settings.version}


@router.get("/count")
async def count(request: Request) -> dict[str, int]:
    rows = await request.app.state.database.rows("SELECT count(*) AS count FROM orders")
    return {"count": rows[0]["count"]}


@router.get("/{key}")
async def read(request: Request, key: Annotated[str, Path(max_length=200)]) -> dict[str, Any]:
    rows = await request.app.state.database.rows(
        f"SELECT id, {', '.join(columns(request))} FROM orders WHERE key = %s", [key]
    )
    if not rows:
        raise HTTPException(404, "no such order")
    return rows[0]


@router.delete("/{key}")
async def remove(request: Request, key: Annotated[str, Path(max_length=200)]) -> dict[str, str]:
    if not await request.app.state.database.rows("DELETE FROM orders WHERE key = %s RETURNING id", [key]):
        raise HTTPException(404, "no such order")
    return {"status": "deleted"}
