"""Chroma's HTTP API (v2), as much as the knowledge base needs. Not critical: whoever calls it lives without."""

import httpx

PATH = "/api/v2/tenants/default_tenant/databases/default_database/collections"


class ChromaError(Exception):
    pass


class Chroma:
    def __init__(self, url: str) -> None:
        self.client = httpx.AsyncClient(base_url=url.rstrip("/"), timeout=httpx.Timeout(3, connect=1))

    async def close(self) -> None:
        await self.client.aclose()

    async def heartbeat(self) -> None:
        await self.call("GET", "/api/v2/heartbeat")

    async def collection(self, name: str) -> str:
        """Its id; made when there is none."""
        return (await self.call("POST", PATH, {"name": name, "get_or_create": True}))["id"]

    async def upsert(self, collection: str, ids: list[str], embeddings: list[list[float]], documents: list[str]) -> None:
        await self.call("POST", f"{PATH}/{collection}/upsert", {"ids": ids, "embeddings": embeddings, "documents": documents})

    async def nearest(self, collection: str, embedding: list[float], count: int) -> list[str]:
        """Ids, nearest first."""
        body = {"query_embeddings": [embedding], "n_results": count, "include": ["distances"]}
        return (await self.call("POST", f"{PATH}/{collection}/query", body))["ids"][0]

    async def call(self, method: str, path: str, body: object = None) -> dict:
        try:
            answer = await self.client.request(method, path, json=body)
            answer.raise_for_status()
            return answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise ChromaError(f"Chroma: {type(error).__name__} for {method} {path.rsplit('/', 1)[-1]}") from error
