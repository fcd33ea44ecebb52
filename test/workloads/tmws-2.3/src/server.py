"""`python -m src.server`: the container's process. SIGTERM lets requests in flight end, then exits 0."""

import os
import signal
import sys


def stop(_signal: int, _frame: object) -> None:
    sys.exit(0)


# First of all, before the slow imports. While serving, uvicorn has handlers of its own; when it is done it raises the
# signal again, which ends here with 0.
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)

DRAIN_SECONDS = 5
KEEP_ALIVE_SECONDS = 75  # longer than a proxy keeps an idle connection: whoever closes first must not be the server


def main() -> None:
    import uvicorn

    from src import config
    from src.core.drain import DrainingServer

    try:
        settings = config.load(os.environ)
        from src.main import create_app

        app = create_app(settings)
    except config.ConfigError as error:
        sys.exit(f"tmws: {error}")
    server = DrainingServer(
        uvicorn.Config(
            app,
            host="0.0.0.0",
            port=8000,
            log_level=settings.log_level.lower(),
            timeout_graceful_shutdown=DRAIN_SECONDS,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            server_header=False,
        ),
        app.state.draining,
    )
    server.run()
    if not server.started:
        sys.exit(3)


if __name__ == "__main__":
    main()
