"""Memories: the text in SQLite, its vector in the Chroma directory."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Query
from pydantic import BaseModel, Field
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from src.core import database
from src.core.security import NamespaceDep
from src.models import Memory
from src.models.base import new_id
from src.services.vector_search_service import VectorSearchService

router = APIRouter(prefix="/api/v1/memories", tags=["memories"])
vectors = VectorSearchService()


class NewMemory(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=10_000)]


def insert(db: Session, memory: Memory) -> None:
    db.add(memory)


def texts(db: Session, ids: list[str]) -> dict[str, str]:
    return dict(db.execute(select(Memory.id, Memory.text).where(Memory.id.in_(ids))).tuples().all())


def drop(db: Session, memory_id: str, namespace: str | None) -> bool:
    wanted = delete(Memory).where(Memory.id == memory_id)
    return db.execute(wanted if namespace is None else wanted.where(Memory.namespace == namespace)).rowcount == 1


@router.post("", status_code=201)
async def add(body: Annotated[NewMemory, Body()], namespace: NamespaceDep) -> dict:
    """The vector first: a text without a vector would never be found, a vector without a text is skipped by search."""
    memory = Memory(id=new_id(), namespace=namespace or "default", text=body.text)
    await asyncio.to_thread(vectors.add, memory.id, memory.namespace, memory.text)
    try:
        await database.write(insert, memory)
    except SQLAlchemyError:
        await asyncio.to_thread(vectors.delete, memory.id)
        raise
    return {"id": memory.id, "namespace": memory.namespace, "text": body.text}


@router.get("/search")
async def search(
    namespace: NamespaceDep,
    q: Annotated[str, Query(min_length=1, max_length=1000)],
    limit: Annotated[int, Query(ge=1, le=100)] = 10,
) -> dict:
    hits = await asyncio.to_thread(vectors.search, q, namespace, limit)
    known = await database.read(texts, [memory_id for memory_id, _ in hits])
    results = [{"id": found, "text": known[found], "score": score} for found, score in hits if found in known]
    return {"query": q, "results": results}


@router.delete("/{memory_id}")
async def remove(memory_id: str, namespace: NamespaceDep) -> dict:
    if not await database.write(drop, memory_id, namespace):
        raise HTTPException(404, "no such memory")
    await asyncio.to_thread(vectors.delete, memory_id)
    return {"status": "success"}
