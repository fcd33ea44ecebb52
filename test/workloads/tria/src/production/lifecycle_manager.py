"""The life of the process: signals, what is opened in order, and what is closed in the opposite order whatever happened (guide 003, issue 4)."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

CLOSE_SECONDS = 5.0


def say(line: str) -> None:
    print(f"tria: {line}", flush=True)


class LifecycleManager:
    def __init__(self) -> None:
        self.hooks: list[tuple[str, Callable[[], Awaitable[object]]]] = []
        self.tasks: list[asyncio.Task[object]] = []
        self.on_signal: Callable[[], None] | None = None

    def closes(self, name: str, close: Callable[[], Awaitable[object]]) -> None:
        """Registers what the shutdown closes; last registered, first closed."""
        self.hooks.append((name, close))

    def background(self, work: Coroutine[Any, Any, object]) -> None:
        self.tasks.append(asyncio.create_task(work))

    def listen(self, on_signal: Callable[[], None]) -> None:
        """SIGTERM and SIGINT from now on do this."""
        self.on_signal = on_signal
        loop = asyncio.get_running_loop()
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(each, self.caught, each)

    def caught(self, number: signal.Signals) -> None:
        say(f"{number.name}: stopping")
        if self.on_signal is not None:
            self.on_signal()

    async def close(self) -> None:
        """Cancels the background tasks, then closes everything; what fails or hangs is told and does not keep the rest open."""
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        for name, close in reversed(self.hooks):
            try:
                await asyncio.wait_for(close(), CLOSE_SECONDS)
                say(f"closed {name}")
            except Exception as error:  # noqa: BLE001 - told; the others must be closed as well
                say(f"{name} could not be closed: {type(error).__name__}")
        self.hooks.clear()
