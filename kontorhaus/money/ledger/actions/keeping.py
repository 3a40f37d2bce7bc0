"""What a caller of the API does to books themselves: open them, let the chart grow, open accounts, close periods."""

from __future__ import annotations

from datetime import datetime

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.ledger import events
from kontorhaus.money.ledger.actions import opening, showing
from kontorhaus.money.ledger.errors import LedgerAccountInvalid, LedgerEntityUnfit, LedgerInstantInvalid
from kontorhaus.money.ledger.model.chart import AccountType, Chart
from kontorhaus.money.ledger.model.requests import ChartGrowth, NewAccountBody
from kontorhaus.money.ledger.store import accounts
from kontorhaus.money.ledger.views import objects as views
from kontorhaus.people import access, parties
from kontorhaus.people.parties import PARTY, PartyId
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def open_books(
    db: Db, keyring: Keyring, actor: Actor, once: Once, entity: PartyId, *, base_currency: str, now: datetime
) -> Answer:
    """Open the books of a legal entity with the standard chart. Opening them again changes nothing.

    Raises PartyNotFound, LedgerEntityUnfit, LedgerEntityExists, CurrencyUnknown.
    """
    org_id = actor.org_id

    async def effect(tx: Tx) -> Answer:
        party = await parties.party_in(tx, org_id, entity)
        if "legal_entity" not in party.summary.roles:
            raise LedgerEntityUnfit("books are kept for a legal entity")
        known = await accounts.ENTITIES.maybe(tx, org_id, [entity])
        await opening.open_books(tx, org_id, entity, base_currency=base_currency, now=now)
        if known is None:
            await access.record(tx, actor, "ledger.books_opened", PARTY.prefix, entity, ["base_currency"])
            fact = events.BooksOpened(subject=entity, base_currency=base_currency)
            await eventlog.append(tx, fact, org_id=org_id)
        view = views.books(await showing.books_in(tx, org_id, entity))
        return answer(view, status=201, location=f"/v1/ledger/entities/{view.entity}")

    return await one_phase(db.org(org_id), keyring, once, effect)


async def grow_chart(
    db: Db, keyring: Keyring, actor: Actor, once: Once, entity: PartyId, growth: ChartGrowth
) -> Answer:
    """Let the chart of a legal entity grow. A type that is there stays; LedgerAccountInvalid for another side of it."""
    org_id = actor.org_id

    async def effect(tx: Tx) -> Answer:
        types, _ = await showing.chart_in(tx, org_id, entity)
        known = {one.name: (one.side, one.guards) for one in types}
        for number, one in enumerate(growth.types):
            if known.setdefault(one.name, (one.side, one.guards)) != (one.side, one.guards):
                raise _invalid(f"/types/{number}", "this type is there already, with another side or guard")
        for number, way in enumerate(growth.routes):
            if way.debit not in known or way.credit not in known:
                raise _invalid(f"/routes/{number}", "expected two types of the chart")
        chart = Chart(
            tuple(AccountType(one.name, one.side, one.guards) for one in growth.types),
            tuple((way.debit, way.credit) for way in growth.routes),
        )
        await opening.allow(tx, org_id, entity, chart)
        await access.record(tx, actor, "ledger.chart_grown", PARTY.prefix, entity, ["types", "routes"])
        return answer(views.chart(*await showing.chart_in(tx, org_id, entity)))

    return await one_phase(db.org(org_id), keyring, once, effect)


async def open_account(
    db: Db, keyring: Keyring, actor: Actor, once: Once, entity: PartyId, new: NewAccountBody
) -> Answer:
    """Open an account. One that is there stays as it is and is answered as it was opened."""
    org_id = actor.org_id

    async def effect(tx: Tx) -> Answer:
        kept_for = new.kept_for()
        if kept_for.party is not None:
            await parties.party_in(tx, org_id, PartyId(kept_for.party))
        order, party, connection = kept_for.row()
        wanted = opening.NewAccount(
            currency=new.currency, name=new.name, order_id=order, party_id=party, connection_id=connection
        )
        await opening.open_accounts(tx, org_id, entity, [wanted])
        await access.record(tx, actor, "ledger.account_opened", PARTY.prefix, entity, ["accounts"])
        return answer(
            views.account(await showing.account_in(tx, org_id, entity, new.currency, new.name)), status=201
        )

    return await one_phase(db.org(org_id), keyring, once, effect)


async def close_period(
    db: Db, keyring: Keyring, actor: Actor, once: Once, entity: PartyId, *, before: datetime, now: datetime
) -> Answer:
    """Close what takes effect before an instant, for good. An earlier one than before changes nothing.

    LedgerInstantInvalid for one to come: a slip of the year would end all posting, and nothing could undo it.
    """
    org_id = actor.org_id
    # Also not where a test clock is ahead: what is posted takes effect by the machine's.
    if before > min(now, utc_now()):
        raise LedgerInstantInvalid("a period is closed when it has ended")

    async def effect(tx: Tx) -> Answer:
        if await opening.lock_period(tx, org_id, entity, before):
            await access.record(tx, actor, "ledger.period_closed", PARTY.prefix, entity, ["locked_before"])
            await eventlog.append(tx, events.PeriodClosed(subject=entity, before=before), org_id=org_id)
        return answer(views.books(await showing.books_in(tx, org_id, entity)))

    return await one_phase(db.org(org_id), keyring, once, effect)


def _invalid(pointer: str, detail: str) -> LedgerAccountInvalid:
    return LedgerAccountInvalid("the chart cannot grow like this", faults=(Fault(pointer, detail),))
