"""`tria-migrate heads | history | knows REVISION | upgrade REVISION`: the tables, made by the role that owns them.

The guide makes its tables at start-up and has no way back. The role that serves may not create, so that is a command here; the server verifies.
A revision is a file of SQL, run in a transaction of its own together with its line in schema_revisions. The catalog is loaded each time.
"""

import json
import os
import sys
from pathlib import Path

import psycopg

FOLDER = Path(__file__).parent.parent / "migrations"
CATALOG = Path(__file__).parent / "catalog.json"
LOCK = 7_403_003  # one migration at a time

REVISIONS = "CREATE TABLE IF NOT EXISTS schema_revisions (position integer PRIMARY KEY, revision text NOT NULL UNIQUE, applied_at timestamptz NOT NULL DEFAULT now())"
LOAD = """
    INSERT INTO products (sku, name, description, unit_price)
    VALUES (%(sku)s, %(name)s, %(description)s, %(unit_price)s::numeric)
    ON CONFLICT (sku) DO UPDATE SET name = excluded.name, description = excluded.description, unit_price = excluded.unit_price
    WHERE (products.name, products.description, products.unit_price) IS DISTINCT FROM (excluded.name, excluded.description, excluded.unit_price)
"""


def known() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.sql"))


def applied(connection: psycopg.Connection) -> list[str]:
    if connection.execute("SELECT to_regclass('schema_revisions')").fetchone()[0] is None:
        return []
    return [row[0] for row in connection.execute("SELECT revision FROM schema_revisions ORDER BY position")]


def upgrade(url: str, target: str) -> str:
    wanted = known()[: known().index(target) + 1]
    with psycopg.connect(url, autocommit=True, connect_timeout=5, application_name="tria-migrate") as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        done = applied(connection)
        if done != wanted[: len(done)]:
            sys.exit(f"tria-migrate: the database is at {done[-1]}, which is not on the way to {target}; there is no downgrade")
        for position, revision in list(enumerate(wanted, 1))[len(done) :]:
            with connection.transaction():
                connection.execute(REVISIONS)
                connection.execute((FOLDER / f"{revision}.sql").read_text())
                connection.execute("INSERT INTO schema_revisions (position, revision) VALUES (%s, %s)", [position, revision])
        with connection.transaction(), connection.cursor() as cursor:
            cursor.executemany(LOAD, json.loads(CATALOG.read_text()))
        count = connection.execute("SELECT count(*) FROM products").fetchone()[0]
    steps = ", ".join(wanted[len(done) :]) or "no new revision"
    return f"Migrated to {target} ({steps}), {count} products in the catalog"


def main(argv: list[str]) -> None:
    match argv:
        case ["heads"]:
            print(f"{known()[-1]} (head)")
        case ["history"]:
            print("\n".join(known()))
        case ["knows", revision]:
            sys.exit(0 if revision in known() else f"tria-migrate: revision {revision} is not in this image")
        case ["upgrade", revision] if revision in known():
            url = os.environ.get("DATABASE_URL") or sys.exit("tria-migrate: DATABASE_URL is not set")
            try:
                print(upgrade(url, revision))
            except psycopg.Error as error:
                sys.exit(f"tria-migrate: {str(error).strip()}")
        case _:
            sys.exit(f"tria-migrate: heads, history, knows REVISION or upgrade REVISION; revisions are {', '.join(known())}")


if __name__ == "__main__":
    main(sys.argv[1:])
