"""`tria-forget USER [CONVERSATIONS]`: removes all that is known of a user; exit 1 when there were not so many conversations."""

import os
import sys

import psycopg

CONVERSATIONS = "DELETE FROM conversations USING customers c WHERE customer_id = c.id AND c.user_id = %s"
REST = (
    "DELETE FROM orders USING customers c WHERE customer_id = c.id AND c.user_id = %s",
    "DELETE FROM idempotency_keys WHERE user_id = %s",
    "DELETE FROM customers WHERE user_id = %s",
)


def forget(url: str, user: str) -> int:
    """How many conversations there were."""
    with psycopg.connect(url, connect_timeout=5, application_name="tria-forget") as connection:
        count = connection.execute(CONVERSATIONS, [user]).rowcount
        for statement in REST:
            connection.execute(statement, [user])
    return count


def main(argv: list[str]) -> None:
    if len(argv) not in (1, 2) or not argv[-1] or (len(argv) == 2 and not argv[1].isdigit()):
        sys.exit("tria-forget: USER [CONVERSATIONS]")
    try:
        count = forget(os.environ.get("DATABASE_URL", ""), argv[0])
    except psycopg.Error as error:
        sys.exit(f"tria-forget: {str(error).strip()}")
    line = f"tria-forget: {count} conversations of {argv[0]} removed"
    if len(argv) == 2 and count != int(argv[1]):
        sys.exit(f"{line}, wanted {argv[1]}")
    print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
