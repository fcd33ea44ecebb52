"""Memories: the text in SQLite, its vector in the Chroma directory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated

from fastapi import APIRouter, Body, HTTPException, Query, Request
from pydantic import BaseModel, Field
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from src.core import database
from src.core.security import NamespaceDep
from src.models import Memory
from src.models.base import new_id
from src.preferences import MOST
from src.reference_fault import FAULT
from src.services.vector_search_service import VectorSearchService

router = APIRouter(prefix="/api/v1/memories", tags=["memories"])
vectors = VectorSearchService()
# Threads of their own: whoever waits for Ollama must not keep the health check waiting, which asks in a thread too.
embedders = ThreadPoolExecutor(4, "embed")


class NewMemory(BaseModel):
    text: Annotated[str, Field(min_length=1, max_length=10_000)]
    # The same id again is the same memory: whoever got no answer may ask again.
    id: Annotated[str | None, Field(pattern=r"^[0-9A-Za-z-]{1,36}$")] = None


def insert(db: Session, memory_id: str, namespace: str, text: str) -> bool:
    """False when the id is another memory's."""
    known = db.get(Memory, memory_id)
    if known is None:
        db.add(Memory(id=memory_id, namespace=namespace, text=text))
        return True
    return (known.namespace, known.text) == (namespace, text)


def texts(db: Session, ids: list[str]) -> dict[str, str]:
    return dict(db.execute(select(Memory.id, Memory.text).where(Memory.id.in_(ids))).tuples().all())


def drop(db: Session, memory_id: str, namespace: str | None) -> bool:
    wanted = delete(Memory).where(Memory.id == memory_id)
    return db.execute(wanted if namespace is None else wanted.where(Memory.namespace == namespace)).rowcount == 1


@router.post("", status_code=201)
async def add(body: Annotated[NewMemory, Body()], namespace: NamespaceDep) -> dict:
    """The vector is made first: a text that cannot be embedded is refused whole. A row without a vector gets it when asked again."""
    if FAULT == "smoke":
        raise HTTPException(500, "reference fault: smoke")
    memory_id, space = body.id or new_id(), namespace or "default"
    vector = await asyncio.get_running_loop().run_in_executor(embedders, vectors.embed, body.text)
    if not await database.write(insert, memory_id, space, body.text):
        raise HTTPException(409, "this id is another memory's")
    await asyncio.to_thread(vectors.put, memory_id, space, vector)
    return {"id": memory_id, "namespace": space, "text": body.text}


@router.get("/search")
async def search(
    request: Request,
    namespace: NamespaceDep,
    q: Annotated[str, Query(min_length=1, max_length=1000)],
    limit: Annotated[int | None, Query(ge=1, le=MOST)] = None,
) -> dict:
    wanted = limit or request.app.state.preferences.search_limit
    hits = await asyncio.get_running_loop().run_in_executor(embedders, vectors.search, q, namespace, wanted)
    known = await database.read(texts, [memory_id for memory_id, _ in hits])
    results = [{"id": found, "text": known[found], "score": score} for found, score in hits if found in known]
    return {"query": q, "results": results}


@router.delete("/{memory_id}")
async def remove(memory_id: str, namespace: NamespaceDep) -> dict:
    if not await database.write(drop, memory_id, namespace):
        raise HTTPException(404, "no such memory")
    await asyncio.to_thread(vectors.delete, memory_id)
    return {"status": "success"}
