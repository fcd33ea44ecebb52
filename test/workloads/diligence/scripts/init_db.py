"""`python scripts/init_db.py`: the tables (guide 004, "Via init script").

By Alembic, and by nothing else: tables made beside it are what "column already exists" comes from. Needs a role that may create.
"""

from pathlib import Path

from alembic import command
from alembic.config import Config

if __name__ == "__main__":
    command.upgrade(Config(Path(__file__).parent.parent / "alembic.ini"), "head")
    print("the schema is at the newest revision")
