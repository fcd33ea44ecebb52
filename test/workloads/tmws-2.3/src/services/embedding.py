"""Embeddings by Ollama. The same file serves 2.3.1 and 2.4: both must give one text one vector."""

import json
import math
import operator
import urllib.error
import urllib.request
from array import array
from collections.abc import Sequence

DIMENSIONS = 1024
EMBED_SECONDS = 30  # the first request after a start loads the model
LIST_SECONDS = 3


class EmbeddingError(Exception):
    """Ollama does not answer, or not with what it should."""


def unit(vector: Sequence[float]) -> array:
    length = math.sqrt(sum(value * value for value in vector)) or 1.0
    return array("f", (value / length for value in vector))


def similarity(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(map(operator.mul, one, other))


class Ollama:
    """Synchronous: the API calls it in a thread."""

    def __init__(self, base_url: str, model: str) -> None:
        self.base_url, self.model = base_url, model

    def embed(self, text: str) -> array:
        answer = self.ask("/api/embed", EMBED_SECONDS, {"model": self.model, "input": text})
        [vector] = answer.get("embeddings") or [[]]
        if len(vector) != DIMENSIONS:
            raise EmbeddingError(f"{self.model} answers {len(vector)} dimensions, the vector store has {DIMENSIONS}")
        return unit(vector)

    def trouble(self) -> str | None:
        """Why no text can be embedded now, or None. Asks for the list of models: an embedding for each health check would be load."""
        try:
            models = {str(model.get("name")) for model in self.ask("/api/tags", LIST_SECONDS).get("models") or []}
        except EmbeddingError as error:
            return str(error)
        wanted = self.model if ":" in self.model else f"{self.model}:latest"
        return None if wanted in models else f"Model not found: {self.model}"

    def ask(self, path: str, seconds: float, body: dict | None = None) -> dict:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base_url + path, data, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=seconds) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise EmbeddingError(f"Ollama answers {error.code} to {path}: {error.read(500).decode(errors='replace')}") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "reason", error)
            raise EmbeddingError(f"Failed to connect to Ollama at {self.base_url}: {reason}") from error
