"""OpenAI's HTTP API, as much as the chatbot needs. The base URL is config, so a compatible service or a test's double serves as well."""

import httpx

from src.core import metrics

TIMEOUT_SECONDS = 15.0


class OpenAIError(Exception):
    """What OpenAI said or did not say; never the key."""


class KeyRefused(OpenAIError):
    pass


class OpenAI:
    def __init__(self, base_url: str, key: str, model: str) -> None:
        self.base_url, self.model = base_url, model
        # Of the last call; a key may be withdrawn while the process runs.
        self.key_accepted = True
        self.client = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {key}"}, timeout=httpx.Timeout(TIMEOUT_SECONDS, connect=5)
        )

    async def close(self) -> None:
        await self.client.aclose()

    async def check(self) -> str:
        """The cheapest question that proves key and model."""
        answer = await self.call("GET", f"/models/{self.model}")
        return str(answer.get("id", self.model))

    async def reply(self, system: str, history: list[dict[str, str]]) -> str:
        messages = [{"role": "system", "content": system}, *history]
        body = {"model": self.model, "messages": messages, "temperature": 0.2, "max_tokens": 400}
        answer = await self.call("POST", "/chat/completions", body)
        try:
            return str(answer["choices"][0]["message"]["content"])
        except (KeyError, IndexError, TypeError) as error:
            raise OpenAIError("OpenAI answered without a message") from error

    async def embed(self, texts: list[str]) -> list[list[float]]:
        answer = await self.call("POST", "/embeddings", {"model": "text-embedding-3-small", "input": texts})
        try:
            return [each["embedding"] for each in answer["data"]]
        except (KeyError, TypeError) as error:
            raise OpenAIError("OpenAI answered without embeddings") from error

    async def call(self, method: str, path: str, body: object = None) -> dict:
        try:
            answer = await self.client.request(method, path.lstrip("/"), json=body)
        except httpx.HTTPError as error:
            metrics.openai_calls.labels("failed").inc()
            raise OpenAIError(f"{self.base_url} does not answer: {type(error).__name__}") from error
        if answer.status_code in (401, 403):
            self.key_accepted = False
            metrics.openai_calls.labels("refused").inc()
            raise KeyRefused(f"{self.base_url} refuses OPENAI_API_KEY with status {answer.status_code}")
        self.key_accepted = True
        if answer.status_code != 200:
            metrics.openai_calls.labels("failed").inc()
            hint = f" (is OPENAI_MODEL {self.model} known there?)" if answer.status_code == 404 else ""
            raise OpenAIError(f"{self.base_url} answers {path} with status {answer.status_code}{hint}")
        try:
            found = answer.json()
        except ValueError as error:
            metrics.openai_calls.labels("failed").inc()
            raise OpenAIError(f"{self.base_url} answers {path} with what is no JSON") from error
        metrics.openai_calls.labels("ok").inc()
        return found
