"""The roles as processes, and the benchmarks."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from kontorhaus.cli.running import until_stopped
from kontorhaus.platform.settings import Settings


@click.command()
@click.pass_obj
def up(settings: Settings) -> None:
    """Run the whole house in one process, on its embedded PostgreSQL unless KONTORHAUS_DATABASE_URL names another."""
    from kontorhaus.roles import all as whole

    until_stopped(settings, lambda stop: whole.up(settings, stop, click.echo))


@click.command()
@click.pass_obj
def api(settings: Settings) -> None:
    """Run the API alone, on KONTORHAUS_DATABASE_URL."""
    from kontorhaus.roles import api as role
    from kontorhaus.roles.resources import opened

    async def serve(stop: asyncio.Event) -> None:
        async with opened(role.behind_a_balancer(settings), role="api") as resources:
            await role.serve(resources, stop, listening=lambda address: click.echo(f"API at {address}"))

    until_stopped(settings, serve)


@click.command()
@click.pass_obj
def worker(settings: Settings) -> None:
    """Run the worker alone, on KONTORHAUS_DATABASE_URL."""
    from kontorhaus.roles import worker as role
    from kontorhaus.roles.resources import opened

    async def work(stop: asyncio.Event) -> None:
        async with opened(settings, role="worker") as resources:
            await role.work_alone(
                resources, stop, listening=lambda address: click.echo(f"Metrics at {address}/metrics")
            )

    until_stopped(settings, work)


@click.command()
@click.pass_obj
def relay(settings: Settings) -> None:
    """Run the relay alone, on KONTORHAUS_DATABASE_URL: it publishes facts and carries out what follows from them."""
    from kontorhaus.roles import relay as role
    from kontorhaus.roles.resources import opened

    async def pass_on(stop: asyncio.Event) -> None:
        async with opened(settings, role="relay") as resources:
            await role.relay_alone(
                resources, stop, listening=lambda address: click.echo(f"Metrics at {address}/metrics")
            )

    until_stopped(settings, pass_on)


@click.command()
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a figure.")
def bench(names: tuple[str, ...], *, as_json: bool) -> None:
    """Measure NAMES (all by default) against a limit taken in the same run. From a checkout only."""
    sys.path.insert(0, str(Path(__file__).parents[2]))
    import bench as benchmarks

    benchmarks.main(names, as_json=as_json)
