"""The `tmws` command. It needs the server's environment."""

import os
import time
from datetime import timedelta

import click

from src import config
from src.core import security


@click.group()
@click.version_option(os.environ.get("TMWS_VERSION", "2.3.1"), prog_name="tmws")
def cli() -> None:
    """TMWS administration."""


@cli.command("api-key")
@click.option("--namespace", help="A key for this namespace only, good for 90 days.")
def api_key(namespace: str | None) -> None:
    """Print the admin's bearer token, or one bound to a namespace."""
    settings = config.load()
    if namespace is None:
        click.echo(security.admin_key(settings.secret_key))
        return
    expires = int(time.time() + timedelta(days=config.API_KEY_EXPIRE_DAYS).total_seconds())
    click.echo(security.namespace_key(settings.secret_key, namespace, expires))


def main() -> None:
    try:
        cli()
    except config.ConfigError as error:
        raise SystemExit(f"tmws: {error}") from error


if __name__ == "__main__":
    main()
