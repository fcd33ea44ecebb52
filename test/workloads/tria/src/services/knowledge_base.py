"""What the chatbot knows of the catalog: by meaning where Chroma serves, else by words."""

import logging
import re
from typing import Any

from src.core.chroma_client import Chroma, ChromaError
from src.core.database import Database
from src.core.openai_client import OpenAI, OpenAIError
from src.services.cache import Cache

log = logging.getLogger("uvicorn.error")
COLLECTION = "tria_catalog"
FOUND = 3


class KnowledgeBase:
    def __init__(self, database: Database, openai: OpenAI, chroma: Chroma | None, cache: Cache) -> None:
        self.database, self.openai, self.chroma, self.cache = database, openai, chroma, cache
        self.collection: str | None = None

    async def products(self) -> list[dict[str, Any]]:
        cached = await self.cache.get("products")
        if cached is not None:
            return cached
        rows = await self.database.rows("SELECT sku, name, description, unit_price FROM products WHERE active ORDER BY sku")
        products = [{**row, "unit_price": str(row["unit_price"])} for row in rows]
        await self.cache.put("products", products)
        return products

    async def index(self) -> None:
        """Puts the catalog into Chroma; the same ids again, so it may be repeated."""
        if self.chroma is None:
            return
        products = await self.products()
        documents = [f"{each['name']}: {each['description']}" for each in products]
        collection = await self.chroma.collection(COLLECTION)
        await self.chroma.upsert(collection, [each["sku"] for each in products], await self.openai.embed(documents), documents)
        self.collection = collection

    async def find(self, message: str) -> tuple[list[dict[str, Any]], str]:
        """The products that a message is about, and how they were found."""
        products = await self.products()
        try:
            if self.chroma is not None:
                if self.collection is None:
                    await self.index()
                [embedding] = await self.openai.embed([message])
                skus = await self.chroma.nearest(self.collection or "", embedding, FOUND)
                return [each for sku in skus for each in products if each["sku"] == sku], "meaning"
        except (ChromaError, OpenAIError) as error:
            self.collection = None
            log.warning("knowledge base searches by words: %s", error)
        words = set(re.findall(r"\w{3,}", message.lower()))
        rank = lambda each: -len(words & set(re.findall(r"\w{3,}", f"{each['sku']} {each['name']}".lower())))  # noqa: E731
        return sorted(products, key=rank)[:FOUND], "words"
