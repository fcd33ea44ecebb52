"""`python -m src.server`: the container's process. SIGTERM and SIGINT let requests in flight end, close the pools, exit 0."""

import signal
import sys


def stop(_signal: int, _frame: object) -> None:
    sys.exit(0)


# First of all, before the slow imports; the LifecycleManager takes over.
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)

DRAIN_SECONDS = 20  # longer than the longest call to OpenAI; the whole stop stays below 30
KEEP_ALIVE_SECONDS = 75  # longer than a proxy keeps an idle connection: whoever closes first must not be the server


async def live() -> int:
    import asyncio

    from src.production.lifecycle_manager import LifecycleManager, say
    from src.production.startup_orchestrator import StartupFailed, StartupOrchestrator

    lifecycle, failure = LifecycleManager(), None
    orchestrator = StartupOrchestrator(lifecycle)
    starting = asyncio.ensure_future(orchestrator.run())
    lifecycle.listen(starting.cancel)
    try:
        made, components = await starting
        return await serve(lifecycle, made, components, orchestrator.report)
    except StartupFailed as error:
        failure = error
        return 1
    except asyncio.CancelledError:
        return 0  # a signal during the start
    finally:
        await lifecycle.close()
        # Last of all: whoever looks at the last line of the log sees why.
        say("stopped" if failure is None else str(failure))


async def serve(lifecycle, made, components, report) -> int:
    import contextlib

    import uvicorn

    from src.core.drain import DrainingServer
    from src.main import create_app

    class Server(DrainingServer):
        @contextlib.contextmanager
        def capture_signals(self):
            """Signals are the LifecycleManager's."""
            yield

    app = create_app(made, components, report)
    server = Server(
        uvicorn.Config(
            app,
            host="0.0.0.0",
            port=made.settings.port,
            access_log=False,  # the metrics count; hundreds of lines a second would only fill the log
            lifespan="off",
            timeout_graceful_shutdown=DRAIN_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            server_header=False,
        ),
        app.state.draining,
    )

    def leave() -> None:
        server.should_exit = True

    lifecycle.listen(leave)
    await server.serve()
    return 0 if server.started else 3


def main() -> None:
    import asyncio

    import uvloop

    sys.exit(asyncio.run(live(), loop_factory=uvloop.new_event_loop))


if __name__ == "__main__":
    main()
