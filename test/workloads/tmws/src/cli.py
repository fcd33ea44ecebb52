"""The `tmws` command. The license commands need TMWS_DATABASE_URL only, `api-key` needs the server's environment."""

import os
import time
from datetime import timedelta
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from src import config
from src.core import security
from src.core.database import sync_engine, write_now
from src.models import License
from src.models.base import iso, utcnow
from src.services import licenses


def show(row: License) -> str:
    return f"tier {row.tier}, agent {row.agent_id or '-'}, expires {iso(row.expires_at) or 'never'}"


@click.group()
@click.version_option(os.environ.get("TMWS_VERSION", "2.4.0"), prog_name="tmws")
def cli() -> None:
    """TMWS administration."""


@cli.group("license")
def license_group() -> None:
    """Create, list, validate and revoke licenses."""


@license_group.command()
@click.option("--tier", type=click.Choice(config.TIERS), help="Default: TMWS_LICENSE_DEFAULT_TIER.")
@click.option("--duration", help="30d, 12m, 2y or perpetual. Default: TMWS_LICENSE_DEFAULT_DURATION_DAYS.")
@click.option("--agent-id", required=True)
@click.option("--output", help="A file for the key, relative to TMWS_LICENSE_STORAGE. Default: print it.")
def create(tier: str | None, duration: str | None, agent_id: str, output: str | None) -> None:
    """Create a license for an agent, who has yet to activate it."""
    defaults = config.license_defaults(os.environ)
    wanted = duration or f"{defaults.duration_days}d"
    row = write_now(licenses.create, agent_id, tier or defaults.tier, licenses.expiry(wanted, utcnow()))
    if output is None:
        click.echo(row.license_key)
        return
    file = Path(defaults.storage) / output
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(row.license_key + "\n")
    click.echo(f"Created license: {show(row)}, key in {file}")


@license_group.command("list")
@click.option("--status", type=click.Choice(["active", "expired", "revoked", "all"]), default="all")
def list_licenses(status: str) -> None:
    """List licenses, soonest expiry first. Keys are shown in part."""
    condition = licenses.filters(utcnow())[status]
    with Session(sync_engine()) as db:
        rows = db.scalars(select(License).where(condition).order_by(License.expires_at, License.agent_id)).all()
    for row in rows:
        click.echo(f"{row.agent_id or '-'}\t{row.tier}\t{iso(row.expires_at) or 'never'}\t{row.license_key[:-42]}...")
    click.echo(f"{len(rows)} license(s)")


@license_group.command()
@click.option("--license-key", required=True)
def validate(license_key: str) -> None:
    """Say whether a key is good, and exit 1 when it is not."""
    click.echo(f"valid: {show(write_now(licenses.check, license_key))}")


@license_group.command()
@click.option("--license-key", required=True)
@click.option("--reason", required=True)
def revoke(license_key: str, reason: str) -> None:
    """Revoke a license, the perpetual ones too."""
    write_now(licenses.revoke, license_key, reason)
    click.echo("revoked")


@cli.command("api-key")
@click.option("--namespace", help="A key for this namespace only, good for TMWS_API_KEY_EXPIRE_DAYS.")
def api_key(namespace: str | None) -> None:
    """Print the admin's bearer token, or one bound to a namespace."""
    settings = config.load()
    if namespace is None:
        click.echo(security.admin_key(settings.secret_key))
        return
    expires = int(time.time() + timedelta(days=settings.api_key_expire_days).total_seconds())
    click.echo(security.namespace_key(settings.secret_key, namespace, expires))


def main() -> None:
    try:
        cli()
    except licenses.LicenseError as error:
        raise SystemExit(f"invalid: {error}") from error
    except config.ConfigError as error:
        raise SystemExit(f"tmws: {error}") from error
    except OperationalError as error:
        raise SystemExit(f"tmws: database: {error.orig}") from error
    except OSError as error:
        raise SystemExit(f"tmws: {error}") from error


if __name__ == "__main__":
    main()
