"""`kontorhaus operations`: calls to providers whose end is not known, and what a person does about them."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from kontorhaus.cli.running import at_the_house
from kontorhaus.kernel.ids import ORG, IdInvalid, OrgId
from kontorhaus.platform.settings import Settings

if TYPE_CHECKING:
    from kontorhaus.money.payments import Operation
    from kontorhaus.roles.resources import Resources

NOTHING = "-"


class Id(click.ParamType[Any]):
    """A TypeID of a noun, which stands in a module that is imported when it is needed; `name` may join two by a bar,
    and what is read is then the prefix and the id."""

    def __init__(self, name: str) -> None:
        self.name = name

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from kontorhaus.money.payments import OPERATION, PAYMENT, REFUND

        known: dict[str, Any] = {
            "organization": ORG,
            "operation": OPERATION,
            "payment": PAYMENT,
            "refund": REFUND,
        }
        nouns = [known[name] for name in self.name.split("|")]
        for noun in nouns:
            with contextlib.suppress(IdInvalid):
                read = noun.parse(value)
                return read if len(nouns) == 1 else (noun.prefix, read)
        return self.fail(
            f"give an id such as {' or '.join(f'{noun.prefix}_…' for noun in nouns)}", param, ctx
        )


@click.group()
def operations() -> None:
    """Calls to providers whose end is not known."""


@operations.command("list")
@click.option("-n", "--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@click.pass_obj
def operations_list(settings: Settings, limit: int) -> None:
    """List operations that have not ended, oldest first: organization, id, kind, object, state, tries, reason."""
    from kontorhaus.money import payments

    async def read(house: Resources) -> list[tuple[OrgId, Operation]]:
        return await payments.unsettled(house.db, limit=limit)

    for org_id, row in at_the_house(settings, read):
        click.echo(f"{ORG.text(org_id)}  {_line(row)}")


@operations.command("ask")
@click.argument("organization", type=Id("organization"))
@click.argument("operation", type=Id("operation"))
@click.pass_obj
def operations_ask(settings: Settings, organization: OrgId, operation: Any) -> None:
    """Ask the provider about OPERATION of ORGANIZATION now, and say how it stands."""
    from kontorhaus.money import payments

    async def work(house: Resources) -> Operation:
        return await payments.ask(_means(house), organization, operation)

    click.echo(_line(at_the_house(settings, work)))


@operations.command("resolve")
@click.argument("organization", type=Id("organization"))
@click.argument("operation", type=Id("operation"))
@click.option(
    "--as",
    "word",
    type=click.Choice(("provider", "failed")),
    required=True,
    help="`provider`: take over what he says when he is asked once more, if it can be ours. `failed`: you have made "
    "sure at the provider that nothing was done.",
)
@click.pass_obj
def operations_resolve(settings: Settings, organization: OrgId, operation: Any, word: Any) -> None:
    """Decide about OPERATION of ORGANIZATION, which is in review; the audit log keeps it."""
    from kontorhaus.money import payments

    async def work(house: Resources) -> Operation:
        return await payments.resolve(_means(house), organization, operation, word)

    click.echo(_line(at_the_house(settings, work)))


@operations.command("review")
@click.argument("organization", type=Id("organization"))
@click.argument("payment", metavar="PAYMENT_OR_REFUND", type=Id("payment|refund"))
@click.pass_obj
def operations_review(settings: Settings, organization: OrgId, payment: Any) -> None:
    """Ask once more about a payment or a refund of ORGANIZATION that a webhook has brought into review; the audit log
    keeps it."""
    from kontorhaus.money import payments

    async def work(house: Resources) -> str:
        prefix, object_id = payment
        await payments.review(_means(house), organization, prefix, object_id)
        async with house.db.org(organization, read_only=True) as tx:
            if prefix == payments.PAYMENT.prefix:
                one = await payments.payment_in(tx, organization, object_id)
                return f"{payments.PAYMENT.text(one.id)}  {one.status}  {one.review or NOTHING}"
            back = await payments.refund_in(tx, organization, object_id)
            return f"{payments.REFUND.text(back.id)}  {back.status}  {back.review or NOTHING}"

    click.echo(at_the_house(settings, work))


def _means(house: Resources) -> Any:
    from kontorhaus.money.payments import Means

    return Means(house.db, house.keyring, house.gateways)


def _line(row: Operation) -> str:
    from kontorhaus.money.payments import operation_view

    shown = operation_view(row)
    state = "review" if row.review else row.status
    return (
        f"{shown.id}  {row.kind}  {shown.object}  {state}  {row.tries} tries  {row.reason or NOTHING}  "
        f"since {_at(row.created_at)}"
    )


def _at(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
