"""Asks the server in this container; exit 0 on 200. Standard library only: it runs every few seconds."""

import http.client
import os
import sys

PATIENCE_SECONDS = 3


def main(path: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("TRIA_PORT", "8003")), timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
    except OSError as error:
        sys.exit(f"tria: {path}: {type(error).__name__}: {error}")
    except http.client.HTTPException as error:
        sys.exit(f"tria: {path}: {type(error).__name__}")
    if answer.status != 200:
        sys.exit(f"tria: {path}: {answer.status} {body[:500]}")
    print(body)


if __name__ == "__main__":
    main(sys.argv[1])
