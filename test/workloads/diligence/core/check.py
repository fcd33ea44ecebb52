"""`diligence-check`: whether a worker or the scheduler could begin here; one line, exit code 0 or 1."""

import sys

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError


def main() -> None:
    from core import config, redis_client
    from core.database import Database

    try:
        settings = config.load()
        import pipeline.tasks  # noqa: F401  what a worker imports

        redis_client.connect(settings.redis_url).ping()
        Database(settings, "itdd-check", 1).assert_schema()
    except config.ConfigError as error:
        sys.exit(f"diligence: {error}")
    except RedisError as error:
        sys.exit(f"diligence: Redis: {type(error).__name__}")
    except SQLAlchemyError as error:
        sys.exit(f"diligence: database: {str(error).splitlines()[0]}")
    print("diligence: imports, Redis, database and tables are there")


if __name__ == "__main__":
    main()
