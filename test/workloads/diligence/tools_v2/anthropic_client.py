"""Anthropic's Messages API, as much as discovery needs. The base URL is config, so a test's double serves as well."""

import json
import urllib.error
import urllib.request

TIMEOUT_SECONDS = 15


class AnthropicError(Exception):
    """What Anthropic said or did not say; never the key."""


class Anthropic:
    def __init__(self, base_url: str, key: str, model: str) -> None:
        self.base_url, self.key, self.model = base_url.rstrip("/"), key, model

    def message(self, system: str, said: str) -> str:
        body = {"model": self.model, "max_tokens": 2000, "system": system, "messages": [{"role": "user", "content": said}]}
        headers = {"content-type": "application/json", "x-api-key": self.key, "anthropic-version": "2023-06-01"}
        request = urllib.request.Request(f"{self.base_url}/v1/messages", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:
                blocks = json.load(answer)["content"]
                return "".join(block["text"] for block in blocks if block["type"] == "text")
        except urllib.error.HTTPError as error:
            raise AnthropicError(f"{self.base_url} answers with status {error.code}") from error
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise AnthropicError(f"{self.base_url} does not answer as it should: {type(error).__name__}") from error
