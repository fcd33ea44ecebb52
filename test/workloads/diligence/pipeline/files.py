"""data/ and output/: volumes that web and workers share."""

import json
import os
import re
import shutil
from pathlib import Path

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples"
INPUT = ROOT / "data" / "input"
RUNS = ROOT / "output" / "runs"
NAME = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")


def seed() -> None:
    """The sample that ships with the image, where documents are looked for."""
    INPUT.mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES.glob("*.md"):
        if not (INPUT / sample.name).exists():
            write(INPUT / sample.name, sample.read_text())


def document(name: str) -> str:
    return (INPUT / name).read_text()


def write_facts(run: str, facts: list[dict[str, object]]) -> Path:
    path = RUNS / run / "facts" / "facts.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, json.dumps({"facts": facts}, ensure_ascii=False, indent=1))
    return path


def write(path: Path, said: str) -> None:
    """Whole or not at all: a backup or a reader may come at any moment."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    part.write_text(said)
    part.replace(path)


def forget(run: str) -> None:
    shutil.rmtree(RUNS / run, ignore_errors=True)
