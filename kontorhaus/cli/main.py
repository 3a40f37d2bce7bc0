"""The root of the command and the list of what hangs on it."""

from __future__ import annotations

import os

import click

from kontorhaus import __version__
from kontorhaus.cli.check import check
from kontorhaus.cli.database import db
from kontorhaus.cli.demo import demo
from kontorhaus.cli.inbox import inbox
from kontorhaus.cli.jobs import jobs
from kontorhaus.cli.ledger import ledger
from kontorhaus.cli.log import log
from kontorhaus.cli.operations import operations
from kontorhaus.cli.organizations import organizations, secrets
from kontorhaus.cli.processes import api, bench, relay, up, worker
from kontorhaus.cli.running import House
from kontorhaus.cli.sandbox import sandbox
from kontorhaus.platform.settings import load

COMMANDS: tuple[click.Command, ...] = (
    up,
    demo,
    api,
    worker,
    relay,
    db,
    organizations,
    secrets,
    log,
    jobs,
    ledger,
    check,
    inbox,
    operations,
    sandbox,
    bench,
)


@click.group(cls=House, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="kontorhaus")
@click.pass_context
def main(context: click.Context) -> None:
    """Order-to-cash on one PostgreSQL. Settings are KONTORHAUS_* variables; see docs/reference/settings.md."""
    context.obj = load(os.environ)


for command in COMMANDS:
    main.add_command(command)
