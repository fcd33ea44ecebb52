"""`python main_v2.py FOLDER --domain applications --target-name NAME`: the pipeline on a folder of documents, without the database (guide 004, "Pipeline Test")."""

import argparse
import sys
from datetime import datetime, timezone
from pathlib import Path

from core import config
from pipeline import files
from pipeline.discover import facts_of
from tools_v2.anthropic_client import Anthropic
from utils.cost_status_inference import quality, valid


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--domain", default="applications")
    arguments.add_argument("--target-name", default="target")
    given = arguments.parse_args()
    if not files.NAME.match(given.target_name):
        sys.exit("--target-name: letters, digits, . _ -")
    try:
        settings = config.load()
    except config.ConfigError as error:
        sys.exit(f"diligence: {error}")
    model = Anthropic(settings.anthropic_base_url, settings.anthropic_api_key, settings.anthropic_model)
    documents = sorted(given.folder.glob("*.md"))
    if not documents:
        sys.exit(f"{given.folder} has no document")
    facts = [fact for each in documents for fact in facts_of(each.read_text(), given.domain, model)]
    run = f"{datetime.now(timezone.utc):%Y%m%dT%H%M%SZ}-{given.target_name}"
    print(files.write_facts(run, facts))
    print(quality([valid(fact["details"]["cost_status"]) for fact in facts]))


if __name__ == "__main__":
    main()
