"""The `kontorhaus` command. Each command reads the settings, runs one role or action, and says what came of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any

import click

from kontorhaus import __version__
from kontorhaus.kernel.errors import DomainError
from kontorhaus.kernel.ids import ORG
from kontorhaus.platform.settings import Settings, load


class _House(click.Group):
    """Shows a domain error as one sentence and a code, never as a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except DomainError as error:
            raise click.ClickException(f"{error.detail} [{error.code}]") from error
        except ExceptionGroup as group:
            # Roles run side by side in a group; one that cannot start is told like any other.
            told, rest = group.split(DomainError)
            if told is None or rest is not None:
                raise
            first = next(iter(told.exceptions))
            assert isinstance(first, DomainError), "roles are not nested"
            raise click.ClickException(f"{first.detail} [{first.code}]") from group


class Name(click.ParamType[str]):
    """A name of 1 to 200 characters."""

    name = "name"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not 1 <= len(value.strip()) <= 200 or not value.isprintable():
            self.fail("give a name of 1 to 200 printable characters", param, ctx)
        return value.strip()


@click.group(cls=_House, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kontorhaus")
@click.pass_context
def main(context: click.Context) -> None:
    """Order-to-cash on one PostgreSQL. Settings are KONTORHAUS_* variables; see docs/reference/settings.md."""
    context.obj = load(os.environ)


@main.command()
@click.pass_obj
def up(settings: Settings) -> None:
    """Run the whole house in one process, on its embedded PostgreSQL unless KONTORHAUS_DATABASE_URL names another."""
    from kontorhaus.roles import all as whole

    _until_stopped(settings, lambda stop: whole.up(settings, stop, click.echo))


@main.command()
@click.pass_obj
def api(settings: Settings) -> None:
    """Run the API alone, on KONTORHAUS_DATABASE_URL."""
    from kontorhaus.roles import api as role
    from kontorhaus.roles.resources import opened

    async def serve(stop: asyncio.Event) -> None:
        async with opened(settings, role="api") as resources:
            await role.serve(resources, stop, listening=lambda address: click.echo(f"API at {address}"))

    _until_stopped(settings, serve)


@main.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Run the worker alone, on KONTORHAUS_DATABASE_URL."""
    from kontorhaus.roles import worker as role
    from kontorhaus.roles.resources import opened

    async def work(stop: asyncio.Event) -> None:
        async with opened(settings, role="worker") as resources:
            await role.work(resources, stop)

    _until_stopped(settings, work)


@main.group()
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


@main.group()
def organizations() -> None:
    """Create and list organizations."""


@organizations.command("create")
@click.argument("name", type=Name())
@click.pass_obj
def organizations_create(settings: Settings, name: str) -> None:
    """Create an account NAME with a live and a test organization, and show a key for each, once."""
    from kontorhaus.people import access
    from kontorhaus.roles import database
    from kontorhaus.roles.resources import opened

    async def create() -> list[access.Founded]:
        async with database.running(settings) as found, opened(found, role="command") as resources:
            return await access.found(resources.db, name)

    for founded in asyncio.run(create()):
        click.echo(f"{founded.mode:5} {ORG.text(founded.org_id)}  {founded.secret}")
    click.echo("The keys are shown this once.")


@organizations.command("list")
@click.pass_obj
def organizations_list(settings: Settings) -> None:
    """List organizations: id, mode, name."""
    from kontorhaus.people import access
    from kontorhaus.roles import database
    from kontorhaus.roles.resources import opened

    async def read() -> list[access.Organization]:
        async with database.running(settings) as found, opened(found, role="command") as resources:
            return await access.organizations(resources.db)

    for organization in asyncio.run(read()):
        click.echo(f"{ORG.text(organization.id)}  {organization.mode:5} {organization.name}")


@main.group()
def secrets() -> None:
    """The master keys that protect secrets at rest."""


@secrets.command("rotate")
@click.pass_obj
def secrets_rotate(settings: Settings) -> None:
    """Add a new master key to the key file. What older keys sealed still opens; new secrets take the new key."""
    from kontorhaus.platform.secrets import LocalKeyFile
    from kontorhaus.roles.resources import key_file

    key_id = LocalKeyFile.opened(key_file(settings)).rotate()
    click.echo(
        f"New master key {key_id} in {key_file(settings)}; running processes take it up by themselves."
    )


@main.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a figure.")
def bench(names: tuple[str, ...], *, as_json: bool) -> None:
    """Measure NAMES (all by default) against a limit taken in the same run. From a checkout only."""
    sys.path.insert(0, str(Path(__file__).parents[1]))
    import bench as benchmarks

    benchmarks.main(names, as_json=as_json)


def _until_stopped(settings: Settings, role: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
    """Run a role until SIGTERM or SIGINT, which ask it to end what it has begun; a second one ends it at once."""
    from kontorhaus.platform import telemetry

    telemetry.set_up(settings)

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()

        def ask() -> None:
            if stop.is_set():
                raise SystemExit(1)
            stop.set()

        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, ask)
        await role(stop)

    _run(run())


def _run(work: Awaitable[None]) -> None:
    """On uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(_as_coroutine(work))
    else:
        uvloop.run(_as_coroutine(work))


async def _as_coroutine(work: Awaitable[None]) -> None:
    await work
