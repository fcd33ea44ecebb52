"""/app/config/tmws.json: what an operator may change without a release. Made with its defaults at the first start."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from src.config import CONFIG_FOLDER, ConfigError

FILE = Path(CONFIG_FOLDER) / "tmws.json"
MOST = 100


@dataclass(frozen=True)
class Preferences:
    search_limit: int = 10  # results of a search that names no limit


def load(file: Path = FILE) -> Preferences:
    if not file.exists():
        file.write_text(json.dumps(asdict(Preferences()), indent=2) + "\n")
    try:
        found = Preferences(**json.loads(file.read_text()))
    except (ValueError, TypeError) as error:
        raise ConfigError(f"{file}: {error}") from error
    if not isinstance(found.search_limit, int) or not 1 <= found.search_limit <= MOST:
        raise ConfigError(f"{file}: search_limit must be a whole number from 1 to {MOST}")
    return found
