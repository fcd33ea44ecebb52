"""`orders-worker`: takes jobs until SIGTERM, which lets it finish the one in hand (warm shutdown), then exits 0."""

import signal
import sys
import threading

stopping = threading.Event()


def stop(_signal: int, _frame: object) -> None:
    stopping.set()


# First of all, before the slow imports.
signal.signal(signal.SIGTERM, stop)
signal.signal(signal.SIGINT, stop)

IDLE_SECONDS = 0.2
RECONNECT_SECONDS = 1.0


def say(line: str) -> None:
    print(f"orders-worker: {line}", flush=True)


def serve(url: str, worker: str) -> None:
    import time

    import psycopg

    from src.queue import take

    with psycopg.connect(url, autocommit=True, connect_timeout=3, application_name="orders-worker") as connection:
        say("connected")
        while not stopping.is_set():
            job = take(connection, worker, time.sleep)
            if job is None:
                stopping.wait(IDLE_SECONDS)
            else:
                say(f"did job {job}")


def main() -> None:
    import os
    import socket

    import psycopg

    from src import config

    try:
        url = config.database_url(os.environ)
    except config.ConfigError as error:
        sys.exit(f"orders-worker: {error}")
    while not stopping.is_set():
        try:
            serve(url, socket.gethostname())
        except psycopg.errors.UniqueViolation as error:
            sys.exit(f"orders-worker: a job was done twice: {error.diag.message_detail}")
        except psycopg.Error as error:
            say(f"database: {type(error).__name__}")
            stopping.wait(RECONNECT_SECONDS)
    say("stopped, nothing in hand")


if __name__ == "__main__":
    main()
