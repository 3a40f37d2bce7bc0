"""`kontorhaus inbox`: what came in, what could not be carried out, and what to do with it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from kontorhaus.cli.running import at_the_house
from kontorhaus.kernel.ids import ORG, IdInvalid, Noun, OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.platform.settings import Settings

if TYPE_CHECKING:
    from kontorhaus.platform.inbox import ConnectionStatus, MessageRow
    from kontorhaus.roles.resources import Resources

NOTHING = "-"


class Id(click.ParamType[Any]):
    """A TypeID of a noun, which stands in a module that is imported when it is needed."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        noun = _noun(self.name)
        try:
            return noun.parse(value)
        except IdInvalid:
            self.fail(f"give an id such as {noun.prefix}_…", param, ctx)


def _noun(name: str) -> Noun[Any]:
    from kontorhaus.platform.inbox import CONNECTION, MESSAGE

    nouns: dict[str, Noun[Any]] = {"organization": ORG, "connection": CONNECTION, "message": MESSAGE}
    return nouns[name]


@click.group()
def inbox() -> None:
    """Raw webhooks and what became of them."""


@inbox.command("list")
@click.option(
    "--state", type=click.Choice(("quarantined", "waiting")), default="quarantined", show_default=True
)
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.pass_obj
def inbox_list(settings: Settings, state: str, limit: int) -> None:
    """List messages that are not over: organization, id, source, kind, subject, received, failures, reason."""
    from kontorhaus.platform.inbox import quarantined, waiting

    async def read(house: Resources) -> list[MessageRow]:
        async with house.db.system(read_only=True) as tx:
            return await (quarantined if state == "quarantined" else waiting)(tx, limit=limit)

    for row in at_the_house(settings, read):
        click.echo(
            f"{ORG.text(OrgId(row.org_id))}  {_noun('message').text(row.id)}  {row.source}  {row.kind}  "
            f"{row.subject or NOTHING}  {_at(row.received_at)}  {row.failures} failures  {row.reason or NOTHING}"
        )


@inbox.command("show")
@click.argument("organization", type=Id("organization"))
@click.argument("message", type=Id("message"))
@click.pass_obj
def inbox_show(settings: Settings, organization: OrgId, message: Any) -> None:
    """Show MESSAGE of ORGANIZATION: everything but its content, which is sealed and may be about a person."""
    from kontorhaus.platform import inbox as room

    async def read(house: Resources) -> MessageRow:
        async with house.db.org(organization, read_only=True) as tx:
            return await room.message(tx, organization, message)

    row = at_the_house(settings, read)
    shown = {
        "message": _noun("message").text(row.id),
        "connection": _noun("connection").text(row.connection_id),
        "source": row.source,
        "event": row.event_id,
        "kind": row.kind,
        "subject": row.subject or NOTHING,
        "sequence": row.sequence,
        "occurred": _at(row.occurred_at),
        "received": _at(row.received_at),
        "state": row.status,
        "failures": row.failures,
        "reason": row.reason or NOTHING,
        "ended": _at(row.ended_at),
    }
    for name, value in shown.items():
        click.echo(f"{name:12} {value}")


@inbox.command("replay")
@click.option("--organization", type=Id("organization"), help="Of this organization alone.")
@click.option("--message", type=Id("message"), help="This one.")
@click.option("--connection", type=Id("connection"), help="Those of this connection.")
@click.option("--subject", help="Those of this object of the sender's.")
@click.option("--reason", help="Those that failed for this reason, as `list` shows it.")
@click.option("--all", "everything", is_flag=True, help="All that are quarantined.")
@click.pass_obj
def inbox_replay(settings: Settings, /, *, everything: bool, **only: Any) -> None:
    """Let quarantined messages be carried out anew, with all their tries."""
    from kontorhaus.platform.inbox import replay

    if everything == any(value is not None for value in only.values()):
        raise click.UsageError("say which messages, or --all")
    replayed = at_the_house(
        settings,
        lambda house: replay(
            house.db,
            now=utc_now(),
            org_id=only["organization"],
            message_id=only["message"],
            connection_id=only["connection"],
            subject=only["subject"],
            reason=only["reason"],
        ),
    )
    click.echo(f"{replayed} messages are tried again.")


@inbox.command("discard")
@click.argument("organization", type=Id("organization"))
@click.argument("message", type=Id("message"))
@click.pass_obj
def inbox_discard(settings: Settings, organization: OrgId, message: Any) -> None:
    """Give MESSAGE of ORGANIZATION up for good, so that the next one of its subject goes."""
    from kontorhaus.platform.inbox import discard

    at_the_house(
        settings, lambda house: discard(house.db, org_id=organization, message_id=message, now=utc_now())
    )
    click.echo("The message is given up.")


@inbox.command("connections")
@click.pass_obj
def inbox_connections(settings: Settings) -> None:
    """List addresses: organization, id, source, state, and for each reason how often a delivery was refused there."""
    from kontorhaus.platform.inbox import connections

    async def read(house: Resources) -> list[ConnectionStatus]:
        async with house.db.system(read_only=True) as tx:
            return await connections(tx)

    for row in at_the_house(settings, read):
        refused = f"{row.reason} {row.refusals}, last {_at(row.last_at)}" if row.reason else NOTHING
        click.echo(
            f"{ORG.text(OrgId(row.org_id))}  {_noun('connection').text(row.id)}  {row.source}  {row.status}  {refused}"
        )


def _at(moment: datetime | None) -> str:
    return NOTHING if moment is None else moment.astimezone(UTC).isoformat(timespec="seconds")
