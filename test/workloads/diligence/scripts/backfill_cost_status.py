"""`python scripts/backfill_cost_status.py [--deal-id ID]`: cost_status where it is empty (guide 004, "cost_status Not Populated")."""

import argparse
import sys

from core import config
from core.database import Database
from pipeline.store import backfill


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--deal-id")
    try:
        database = Database(config.load(), "itdd-backfill", 1)
    except config.ConfigError as error:
        sys.exit(f"diligence: {error}")
    print(f"cost_status of {backfill(database, arguments.parse_args().deal_id)} facts filled")


if __name__ == "__main__":
    main()
