"""A file of lines that goes on in a new one before it has 10 MB (guide 001, "Log persistence"); thirty are kept, because an audit is for compliance."""

import os

MAX_BYTES = 10_000_000
FILES = 30


def append(path: str, line: str, max_bytes: int = MAX_BYTES, files: int = FILES) -> None:
    """Adds a line to `path`; the files before it are `path.1`, the newest of them, to `path.<files - 1>`. One process writes at a time."""
    data = line.encode()
    if os.path.exists(path) and os.path.getsize(path) + len(data) > max_bytes:
        for place in range(files - 1, 0, -1):
            older = path if place == 1 else f"{path}.{place - 1}"
            if os.path.exists(older):
                os.replace(older, f"{path}.{place}")
    with open(path, "ab") as file:
        file.write(data)
