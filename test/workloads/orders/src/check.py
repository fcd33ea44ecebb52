"""`orders-check`: whether a worker could work here. The worker's imports, the database, its tables; one line, exit 0 or 1."""

import os
import sys

import psycopg

from src import config, queue, schema, worker
from src.fault import FAULT


def main() -> None:
    if FAULT == "worker":
        sys.exit("orders-check: reference fault: worker")
    try:
        with psycopg.connect(config.database_url(os.environ), connect_timeout=3) as connection:
            for query in schema.WORKER:
                connection.execute(query)
    except config.ConfigError as error:
        sys.exit(f"orders-check: {error}")
    except psycopg.Error as error:
        sys.exit(f"orders-check: database: {(str(error).splitlines() or [type(error).__name__])[0]}")
    print(f"orders-check: ready, {worker.__name__} and {queue.__name__} load, jobs and job_results are readable")


if __name__ == "__main__":
    main()
