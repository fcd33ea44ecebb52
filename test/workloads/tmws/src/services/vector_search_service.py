"""Vector search in the Chroma directory.

This stands for Chroma, it is not Chroma: one SQLite file per collection, 1024 dimensions like the E5 model's. A TMWS that
was upgraded from 2.3 keeps its Ollama (TMWS_OLLAMA_BASE_URL), so that old vectors and new ones compare. Without it the
embedding is by feature hashing of words and letter triples: it finds texts that share words or parts of words, nothing
more. The files lie where Chroma's would, so they are backed up and restored the same way.
"""

import hashlib
import os
import re
import sqlite3
import threading
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from src import config
from src.services.embedding import DIMENSIONS, Ollama, similarity, unit

DIRECTORY = Path("/app/data/chromadb")
SCHEMA = "CREATE TABLE IF NOT EXISTS embeddings (id TEXT PRIMARY KEY, namespace TEXT NOT NULL, vector BLOB NOT NULL)"


def features(text: str) -> Iterator[str]:
    for word in re.findall(r"\w+", text.lower()):
        yield word
        padded = f"<{word}>"
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


def hashed(text: str) -> array:
    """The unit vector of a text."""
    vector = [0.0] * DIMENSIONS
    for feature in features(text):
        digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
        vector[digest % DIMENSIONS] += 1.0 if digest >> 63 else -1.0
    return unit(vector)


class VectorSearchService:
    """Synchronous: the API calls it in a thread."""

    def __init__(self, collection: str = "memories", directory: Path = DIRECTORY) -> None:
        base_url = config.ollama_base_url(os.environ)
        self.ollama = base_url and Ollama(base_url, config.ollama_model(os.environ))
        self.file = directory / f"{collection}.sqlite3"
        self.writer = threading.Lock()  # without it, writers of this process may starve until the time-out

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=5)) as connection, connection:
            connection.execute(SCHEMA)
            yield connection

    def embed(self, text: str) -> array:
        return self.ollama.embed(text) if self.ollama else hashed(text)

    def add(self, memory_id: str, namespace: str, text: str) -> None:
        vector = self.embed(text).tobytes()
        with self.writer, self.connect() as connection:
            connection.execute("INSERT INTO embeddings VALUES (?, ?, ?)", (memory_id, namespace, vector))

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
