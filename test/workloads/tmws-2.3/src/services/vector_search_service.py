"""Vector search in the Chroma directory.

This stands for Chroma, it is not Chroma: one SQLite file per collection, its vectors of 1024 dimensions made by the real
Ollama. The files lie where Chroma's would, so they are backed up, restored and moved to 2.4 the same way.
"""

import os
import sqlite3
import threading
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from src import config
from src.services.embedding import Ollama, similarity

DIRECTORY = Path("/app/.chroma")
SCHEMA = "CREATE TABLE IF NOT EXISTS embeddings (id TEXT PRIMARY KEY, namespace TEXT NOT NULL, vector BLOB NOT NULL)"


class VectorSearchService:
    """Synchronous: the API calls it in a thread."""

    def __init__(self, collection: str = "memories", directory: Path = DIRECTORY) -> None:
        self.ollama = Ollama(config.ollama_base_url(os.environ), config.ollama_model(os.environ))
        self.file = directory / f"{collection}.sqlite3"
        self.writer = threading.Lock()  # without it, writers of this process may starve until the time-out

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=5)) as connection, connection:
            connection.execute(SCHEMA)
            yield connection

    def embed(self, text: str) -> array:
        return self.ollama.embed(text)

    def put(self, memory_id: str, namespace: str, vector: array) -> None:
        with self.writer, self.connect() as connection:
            connection.execute("INSERT OR REPLACE INTO embeddings VALUES (?, ?, ?)", (memory_id, namespace, vector.tobytes()))

    def delete(self, memory_id: str) -> None:
        with self.writer, self.connect() as connection:
            connection.execute("DELETE FROM embeddings WHERE id = ?", (memory_id,))

    def search(self, text: str, namespace: str | None, limit: int) -> list[tuple[str, float]]:
        """Ids and cosine similarities, best first. Namespace None: all of them."""
        query = self.embed(text)
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT id, vector FROM embeddings WHERE ?1 IS NULL OR namespace = ?1", (namespace,)
            )
            scored = [(memory_id, round(similarity(query, memoryview(blob).cast("f")), 4)) for memory_id, blob in rows]
        return sorted(scored, key=lambda pair: -pair[1])[:limit]

    def count(self) -> int:
        with self.connect() as connection:
            return connection.execute("SELECT count(*) FROM embeddings").fetchone()[0]
