"""`kontorhaus db`: migrate, back up and restore."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from kontorhaus.platform.settings import Settings


@click.group()
def db() -> None:
    """Migrate, back up and restore the database."""


@db.command("migrate")
@click.pass_obj
def db_migrate(settings: Settings) -> None:
    """Bring the database to the newest schema; safe to run many times and from many machines."""
    from kontorhaus.roles import database

    done = asyncio.run(database.migrate(settings))
    for migration in done:
        click.echo(f"{migration.version:04} {migration.name}")
    click.echo(f"{len(done)} migrations ran; the schema is current.")


@db.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_obj
def db_backup(settings: Settings, file: Path) -> None:
    """Write the whole database to FILE (pg_dump's custom format). The house may go on working meanwhile."""
    from kontorhaus.roles import database

    size = asyncio.run(database.backup(settings, file))
    click.echo(f"{file}: {size} bytes")


@db.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option("--replace", is_flag=True, help="Drop what the database holds now.")
@click.pass_obj
def db_restore(settings: Settings, file: Path, *, replace: bool) -> None:
    """Fill the database from FILE. It must be empty, unless --replace is given, and no role may be running."""
    from kontorhaus.roles import database

    asyncio.run(database.restore(settings, file, replace=replace))
    click.echo("The database is restored.")
