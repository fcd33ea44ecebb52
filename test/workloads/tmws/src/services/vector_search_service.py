"""Vector search in the Chroma directory.

This stands for Chroma, it is not Chroma: one SQLite file per collection, 1024 dimensions like the E5 model's, and an
embedding by feature hashing of words and letter triples instead of a neural model. It finds texts that share words or
parts of words, nothing more. The files lie where Chroma's would, so they are backed up and restored the same way.
"""

import hashlib
import math
import re
import sqlite3
import threading
from array import array
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

DIMENSIONS = 1024
DIRECTORY = Path("/app/data/chromadb")
SCHEMA = "CREATE TABLE IF NOT EXISTS embeddings (id TEXT PRIMARY KEY, namespace TEXT NOT NULL, vector BLOB NOT NULL)"


def features(text: str) -> Iterator[str]:
    for word in re.findall(r"\w+", text.lower()):
        yield word
        padded = f"<{word}>"
        yield from (padded[at : at + 3] for at in range(len(padded) - 2))


def embed(text: str) -> dict[int, float]:
    """The unit vector of a text, without its zeros."""
    vector: dict[int, float] = {}
    for feature in features(text):
        digest = int.from_bytes(hashlib.blake2b(feature.encode(), digest_size=8).digest(), "big")
        at = digest % DIMENSIONS
        vector[at] = vector.get(at, 0.0) + (1.0 if digest >> 63 else -1.0)
    length = math.sqrt(sum(value * value for value in vector.values())) or 1.0
    return {at: value / length for at, value in vector.items()}


def pack(vector: dict[int, float]) -> bytes:
    return array("f", (vector.get(at, 0.0) for at in range(DIMENSIONS))).tobytes()


def similarity(query: dict[int, float], blob: bytes) -> float:
    stored = memoryview(blob).cast("f")
    return sum(value * stored[at] for at, value in query.items())


class VectorSearchService:
    """Synchronous: the API calls it in a thread."""

    def __init__(self, collection: str = "memories", directory: Path = DIRECTORY) -> None:
        self.file = directory / f"{collection}.sqlite3"
        self.writer = threading.Lock()  # without it, writers of this process may starve until the time-out

    @contextmanager
    def connect(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.file, timeout=5)) as connection, connection:
            connection.execute(SCHEMA)
            yield connection

    def add(self, memory_id: str, namespace: str, text: str) -> None:
        with self.writer, self.connect() as connection:
            connection.execute("INSERT INTO embeddings VALUES (?, ?, ?)", (memory_id, namespace, pack(embed(text))))

    def delete(self, memory_id: str) -> None:
        with self.writer, self.connect() as connection:
            connection.execute("DELETE FROM embeddings WHERE id = ?", (memory_id,))

    def search(self, text: str, namespace: str | None, limit: int) -> list[tuple[str, float]]:
        """Ids and cosine similarities, best first. Namespace None: all of them."""
        query = embed(text)
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT id, vector FROM embeddings WHERE ?1 IS NULL OR namespace = ?1", (namespace,)
            )
            scored = [(memory_id, round(similarity(query, blob), 4)) for memory_id, blob in rows]
        return sorted(scored, key=lambda pair: -pair[1])[:limit]

    def count(self) -> int:
        with self.connect() as connection:
            return connection.execute("SELECT count(*) FROM embeddings").fetchone()[0]
