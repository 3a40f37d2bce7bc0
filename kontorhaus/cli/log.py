"""`kontorhaus log`: what has become true lately, and how far its readers have come."""

from __future__ import annotations

import asyncio
from datetime import UTC
from typing import TYPE_CHECKING

import click
import msgspec

from kontorhaus.cli.running import at_the_house
from kontorhaus.kernel.errors import Unavailable
from kontorhaus.kernel.ids import ORG, OrgId, text_of
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.settings import Settings

if TYPE_CHECKING:
    from kontorhaus.platform.eventlog import Event
    from kontorhaus.roles.resources import Resources

FOLLOW_SECONDS = 0.2
"""Between two looks of `--follow`: at once for a person, and nothing for the database."""


@click.group()
def log() -> None:
    """The event log and its subscribers."""


@log.command("tail")
@click.option("-n", "--last", type=click.IntRange(0, 1000), default=20, show_default=True, help="How many.")
@click.option(
    "-f",
    "--follow",
    is_flag=True,
    help="Go on as facts are published, until Ctrl-C; a database that restarts is waited for.",
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a fact, with its content.")
@click.pass_obj
def log_tail(settings: Settings, last: int, *, follow: bool, as_json: bool) -> None:
    """Show the newest facts of every organization: position, time, organization, kind, object."""
    from kontorhaus.platform import eventlog

    async def show(house: Resources) -> None:
        async with house.db.system(read_only=True) as tx:
            after = await eventlog.head(tx)
        found = await eventlog.tail(house.db, last=last)
        for event in found:
            click.echo(_line(event, as_json=as_json))
        after = found[-1].cursor if found else after
        away = False
        while follow:
            await asyncio.sleep(FOLLOW_SECONDS)
            try:
                async with house.db.system(read_only=True) as tx:
                    found = await eventlog.read(tx, after)
            except Unavailable as error:
                if not away:
                    click.echo(f"{error.detail}; waiting for it", err=True)
                away = True
                continue
            away = False
            for event in found:
                click.echo(_line(event, as_json=as_json))
            after = found[-1].cursor if found else after

    try:
        at_the_house(settings, show)
    except KeyboardInterrupt:
        return


@log.command("subscribers")
@click.pass_obj
def log_subscribers(settings: Settings) -> None:
    """List readers: name, position, how far behind, facts set aside, objects given up."""
    from kontorhaus.platform import eventlog

    for one in at_the_house(settings, lambda house: eventlog.subscribers(house.db)):
        click.echo(
            f"{one.name:30} at {one.position}  behind {one.behind}  aside {one.aside}  parked {one.parked}"
        )


@log.command("parked")
@click.argument("name")
@click.pass_obj
def log_parked(settings: Settings, name: str) -> None:
    """List the facts that reader NAME has given up: position, object, failures, reason, how many wait behind."""
    from kontorhaus.platform import eventlog

    for one in at_the_house(settings, lambda house: eventlog.parked(house.db, name)):
        click.echo(
            f"{one.position}  {ORG.text(OrgId(one.org_id))}  {text_of(one.subject_kind, one.subject_id)}  "
            f"{one.failures} failures  {one.reason}  {one.waiting} behind"
        )


@log.command("retry")
@click.argument("name")
@click.pass_obj
def log_retry(settings: Settings, name: str) -> None:
    """Let reader NAME try again everything that it has given up."""
    from kontorhaus.platform import eventlog

    retried = at_the_house(settings, lambda house: eventlog.retry_parked(house.db, name, now=utc_now()))
    click.echo(f"{retried} objects are tried again.")


@log.command("replay")
@click.argument("name")
@click.option(
    "--from",
    "from_position",
    type=click.IntRange(min=1),
    required=True,
    metavar="POSITION",
    help="The first to be carried out again.",
)
@click.pass_obj
def log_replay(settings: Settings, name: str, from_position: int) -> None:
    """Let reader NAME carry out everything from POSITION on once more. Its effects happen a second time: for readers
    whose results were thrown away first."""
    from kontorhaus.platform import eventlog

    at_the_house(settings, lambda house: eventlog.replay(house.db, name, from_position=from_position))
    click.echo(f"{name} goes on from position {from_position}.")


@log.command("unsubscribe")
@click.argument("name")
@click.pass_obj
def log_unsubscribe(settings: Settings, name: str) -> None:
    """Forget reader NAME, which nobody runs any more, so that the log is not kept for it."""
    from kontorhaus.platform import eventlog

    at_the_house(settings, lambda house: eventlog.unsubscribe(house.db, name))
    click.echo(f"{name} is forgotten.")


def _line(event: Event, *, as_json: bool) -> str:
    organization, subject = ORG.text(OrgId(event.org_id)), text_of(event.subject_kind, event.subject_id)
    if not as_json:
        at = event.at.astimezone(UTC).isoformat(timespec="milliseconds")
        return f"{event.position:>10}  {at}  {organization}  {event.kind:30} {subject}"
    shown = {
        "position": event.position,
        "epoch": event.epoch,
        "at": event.at,
        "organization": organization,
        "kind": event.kind,
        "version": event.version,
        "subject": subject,
        "data": msgspec.Raw(event.body),
    }
    return msgspec.json.encode(shown).decode()
