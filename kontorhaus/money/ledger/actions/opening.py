"""Opening books and accounts, letting a chart grow, and closing periods."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import zero
from kontorhaus.money.ledger.actions import finding
from kontorhaus.money.ledger.errors import LedgerAccountInvalid, LedgerEntityExists, LedgerEntityNotFound
from kontorhaus.money.ledger.model.chart import STANDARD, Chart
from kontorhaus.money.ledger.model.lines import Entity
from kontorhaus.money.ledger.store import accounts as store
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Tx


class NewAccount(Struct, frozen=True, kw_only=True):
    """An account with what reports are cut by; what is not given is read from the ids in its name. One that needs no
    more than those is opened by the first entry that names it."""

    currency: str
    name: str
    order_id: UUID | None = None
    party_id: UUID | None = None
    connection_id: UUID | None = None


async def open_books(
    tx: Tx, org_id: OrgId, entity: PartyId, *, base_currency: str, now: datetime, chart: Chart = STANDARD
) -> Entity:
    """Open the books of a legal entity, once; opening them again with the same base currency changes nothing.

    The caller sees to it that the party is a legal entity. Raises LedgerEntityExists, CurrencyUnknown.
    """
    zero(base_currency)
    opened = await store.INSERT_ENTITY.maybe(tx, org_id, entity, base_currency, now)
    if opened is None:
        (known,) = await store.ENTITIES.all(tx, org_id, [entity])
        if known.base_currency != base_currency:
            raise LedgerEntityExists(
                "the books have another base currency", base_currency=known.base_currency
            )
        return known
    await _grow(tx, org_id, opened, chart)
    return opened


async def allow(tx: Tx, org_id: OrgId, entity: PartyId, chart: Chart) -> None:
    """Let the chart of a legal entity grow by types and routes. Nothing is ever taken away: what was posted stands."""
    await _grow(tx, org_id, await _entity(tx, org_id, entity), chart)


async def open_accounts(tx: Tx, org_id: OrgId, entity: PartyId, accounts: Sequence[NewAccount]) -> None:
    """Open accounts; those that are there stay as they are, with what they were opened with.

    Raises LedgerEntityNotFound, LedgerAccountInvalid, CurrencyUnknown.
    """
    number = (await _entity(tx, org_id, entity)).number
    known = {row.type for row in await store.TYPES.all(tx, org_id, [number])}
    for one in accounts:
        zero(one.currency)
        if one.name.partition(":")[0] not in known:
            raise LedgerAccountInvalid("the chart has no such type of account")
    rows = [(number, a.currency, a.name, a.order_id, a.party_id, a.connection_id) for a in accounts]
    await finding.open_accounts(tx, org_id, rows)


async def lock_period(tx: Tx, org_id: OrgId, entity: PartyId, before: datetime) -> bool:
    """Close everything that takes effect before an instant, for good; False if that much was closed already.

    It waits for those who are posting to the books now, and they wait for it until `tx` ends: let it do nothing else.
    """
    books = await _entity(tx, org_id, entity)
    return bool((await store.LOCK_PERIOD.one(tx, org_id, books.number, before)).moved)


async def _entity(tx: Tx, org_id: OrgId, entity: PartyId) -> Entity:
    found = await store.ENTITIES.all(tx, org_id, [entity])
    if not found:
        raise LedgerEntityNotFound("no books were opened for this legal entity")
    return found[0]


async def _grow(tx: Tx, org_id: OrgId, entity: Entity, chart: Chart) -> None:
    types = [(kind.name, kind.side, kind.guards) for kind in chart.types]
    if types:
        await store.INSERT_TYPES.run(tx, org_id, entity.number, *zip(*types, strict=True))
    if chart.routes:
        await store.INSERT_ROUTES.run(tx, org_id, entity.number, *zip(*chart.routes, strict=True))
