"""Whether this process was told to end: streams ask, because nobody ends a generator from outside."""

from typing import Any

_worker: Any = None


def watch(worker: Any) -> None:
    global _worker
    _worker = worker


def draining() -> bool:
    return _worker is not None and not _worker.alive
