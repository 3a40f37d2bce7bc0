"""`kontorhaus ledger`: the books told anew, and their seals for an auditor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import msgspec

from kontorhaus.cli.running import at_the_house
from kontorhaus.kernel.ids import ORG
from kontorhaus.platform.settings import Settings

if TYPE_CHECKING:
    from kontorhaus.roles.resources import Resources


@click.group()
def ledger() -> None:
    """The books of all legal entities."""


@ledger.command("verify")
@click.pass_obj
def ledger_verify(settings: Settings) -> None:
    """Replay all books and compare every seal, balance and sum; ends with 1 at the first row that is false."""
    from kontorhaus.money import ledger as room
    from kontorhaus.people.parties import PARTY

    async def run(house: Resources) -> None:
        for org_id, entity in await room.every_entity(house.db):
            found = await room.verify(house.db, org_id, entity)
            place = f"{ORG.text(org_id)} {PARTY.text(entity)}"
            click.echo(
                f"{place}  {found.seals} seals, {found.sealed} entries sealed, {found.unsealed} not yet"
            )

    at_the_house(settings, run)


@ledger.command("seal")
@click.argument("organization")
@click.argument("entity")
@click.option("--number", type=click.IntRange(1), help="Which seal; the last one if not given.")
@click.pass_obj
def ledger_seal(settings: Settings, organization: str, entity: str, number: int | None) -> None:
    """Show a seal of the books of ENTITY in ORGANIZATION, signed, as JSON for an auditor to keep."""
    from kontorhaus.money import ledger as room
    from kontorhaus.people.parties import PARTY

    async def run(house: Resources) -> room.SignedSeal:
        org_id, of = ORG.parse(organization), PARTY.parse(entity)
        return await room.signed_seal(house.db, house.keyring, org_id, of, number)

    click.echo(msgspec.json.encode(at_the_house(settings, run)).decode())
