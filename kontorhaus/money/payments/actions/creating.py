"""Creating a payment: in the caller's transaction, with the accounts that its money will go to."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import structs

from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money import ledger
from kontorhaus.money.ledger import NewAccount
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions import connecting, operating, posting, taking
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.errors import (
    PaymentConnectionUnclear,
    PaymentConnectionUnfit,
    PaymentIdReused,
    PaymentInvalid,
)
from kontorhaus.money.payments.gateways.known import CAPABILITIES
from kontorhaus.money.payments.model.allocations import tax_row
from kontorhaus.money.payments.model.asks import Void
from kontorhaus.money.payments.model.connections import PaymentConnection
from kontorhaus.money.payments.model.connections import Status as ConnectionStatus
from kontorhaus.money.payments.model.deciding import intent_of
from kontorhaus.money.payments.model.ids import OPERATION, PAYMENT, PaymentConnectionId, PaymentId
from kontorhaus.money.payments.model.observations import IntentStatus
from kontorhaus.money.payments.model.operations import NewOperation
from kontorhaus.money.payments.model.payments import NewPayment, Payment, Status
from kontorhaus.money.payments.store import payments as store
from kontorhaus.money.payments.views.payments import payment_answer
from kontorhaus.people import access
from kontorhaus.people.parties import PartyId, party_in
from kontorhaus.platform import eventlog
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.db import Tx
from kontorhaus.platform.idempotency import Once, one_phase

OF_ONE_SALE: Final = frozenset({"held", "prepaid"})
"""Types of accounts that are kept for what one payment's reference names. All others are shared."""

ALLOCATIONS_MAX: Final = 500
"""Each is a transfer of the capture's transaction; an order of more lines than that is several orders."""


async def create(tx: Tx, org_id: OrgId, new: NewPayment, *, now: datetime) -> Payment:
    """Create a payment in the caller's transaction; nothing is collected before it is confirmed. `now` is business
    time.

    The same id with the same content is the same payment, as it stands. Guaranteed: its money can be posted when it
    comes; books, currency and accounts are checked here. Raises PaymentInvalid, PaymentIdReused,
    PaymentConnectionUnclear, PaymentConnectionUnfit, PaymentConnectionNotFound, PartyNotFound, LedgerEntityNotFound,
    LedgerAccountInvalid.
    """
    check(new, now)
    known = await store.PAYMENT.maybe(tx, org_id, new.id)
    if known is not None:
        return await _same(tx, org_id, known, new)
    await party_in(tx, org_id, new.payer)
    connection = await _connection(tx, org_id, new)
    await _open_accounts(tx, org_id, new, connection)
    made = await store.INSERT.maybe(
        tx,
        org_id,
        new.id,
        new.entity,
        new.payer,
        connection.id,
        new.amount.minor,
        new.amount.currency,
        "manual" if new.manual else "automatic",
        new.return_url,
        new.reference,
        new.description,
        now,
        new.expires_at,
    )
    if made is None:
        # Another transaction was faster by a moment.
        return await _same(tx, org_id, await store.PAYMENT.one(tx, org_id, new.id), new)
    rows = [
        (org_id, new.id, place, one.account, one.amount.minor, one.party, one.share, *tax_row(one))
        for place, one in enumerate(new.allocations)
    ]
    await store.INSERT_ALLOCATION.many(tx, rows)
    if new.expires_at is not None:
        await taking.expire_at(tx, org_id, new.id, new.expires_at)
    await eventlog.append(tx, events.PaymentCreated(**taking.common(made)), org_id=org_id)
    return made


def check(new: NewPayment, now: datetime) -> None:
    """Raises PaymentInvalid, naming the field."""

    def wrong(pointer: str, detail: str) -> PaymentInvalid:
        return PaymentInvalid("a field of the payment is wrong", faults=(Fault(pointer, detail),))

    if new.amount.minor <= 0:
        raise wrong("/amount/amount", "expected an amount above zero")
    if new.expires_at is not None and new.expires_at <= now:
        raise wrong("/expires_at", "expected an instant to come")
    if len(new.allocations) > ALLOCATIONS_MAX:
        raise wrong("/allocations", f"expected {ALLOCATIONS_MAX} at most")
    for place, one in enumerate(new.allocations):
        if one.amount.currency != new.amount.currency or one.amount.minor <= 0:
            raise wrong(
                f"/allocations/{place}/amount", "expected an amount above zero in the payment's currency"
            )
        if one.account.partition(":")[0] not in posting.FACING_DEPOSIT:
            raise wrong(f"/allocations/{place}/account", "expected an account that a deposit can go to")
    if new.allocations and sum(one.amount.minor for one in new.allocations) != new.amount.minor:
        raise wrong("/allocations", "expected amounts that sum to the payment's")


async def _same(tx: Tx, org_id: OrgId, known: Payment, new: NewPayment) -> Payment:
    """The payment that has the id, if it was created with the same content."""
    connection = new.connection_id or known.connection_id
    pairs = {
        "entity": (known.entity, new.entity),
        "payer": (known.payer, new.payer),
        "amount": (known.money, new.amount),
        "connection": (known.connection_id, connection),
        "capture_method": (known.capture_method, "manual" if new.manual else "automatic"),
        "reference": (known.reference, new.reference),
        "description": (known.description, new.description),
        "expires_at": (known.expires_at, new.expires_at),
        "allocations": (await taking.allocations_of(tx, org_id, known), list(new.allocations)),
    }
    for field, (old, now_given) in pairs.items():
        if old != now_given:
            raise PaymentIdReused(
                "the id belongs to another payment", payment=PAYMENT.text(known.id), field=field
            )
    return known


async def _connection(tx: Tx, org_id: OrgId, new: NewPayment) -> PaymentConnection:
    """The connection that collects: the one named, or the only active one of the entity."""
    if new.connection_id is not None:
        found = await connecting.connection_in(tx, org_id, new.connection_id)
    else:
        active = await connecting.active_of(tx, org_id, new.entity)
        if len(active) != 1:
            raise PaymentConnectionUnclear(
                "name the payment connection that shall collect", active=len(active)
            )
        found = active[0]
    await _refuse_unfit(tx, org_id, found, new.entity, new.amount.currency)
    return found


async def refuse_unfit(
    tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId, entity: PartyId, currency: str
) -> None:
    """Whether a connection could collect for a legal entity, for a room that will ask it to later. Raises
    PaymentConnectionNotFound, PaymentConnectionUnfit, LedgerEntityNotFound."""
    found = await connecting.connection_in(tx, org_id, connection_id)
    await _refuse_unfit(tx, org_id, found, entity, currency)


async def _refuse_unfit(
    tx: Tx, org_id: OrgId, found: PaymentConnection, entity: PartyId, currency: str
) -> None:
    if found.status != ConnectionStatus.ACTIVE:
        raise PaymentConnectionUnfit("the payment connection is closed", field="connection")
    if found.entity != entity:
        raise PaymentConnectionUnfit("the payment connection belongs to another legal entity", field="entity")
    if currency not in CAPABILITIES[found.gateway].currencies:
        raise PaymentConnectionUnfit("the connection does not collect this currency", field="currency")
    if currency != await ledger.base_currency(tx, org_id, entity):
        raise PaymentConnectionUnfit("the books are in another currency", field="currency")


async def _open_accounts(tx: Tx, org_id: OrgId, new: NewPayment, connection: PaymentConnection) -> None:
    """The accounts that the money will pass, with what reports are cut by."""
    currency = new.amount.currency
    deposit = posting.deposit_of(new.payer)
    accounts = {
        name: NewAccount(currency=currency, name=name, connection_id=connection.id)
        for name in (posting.clearing_of(connection.id), posting.fees_of(connection.id))
    }
    accounts[deposit] = NewAccount(currency=currency, name=deposit, party_id=new.payer)
    for one in new.allocations:
        # An account that others post to as well, such as a tax, is of no order: the first one to come would have it.
        own = one.account.partition(":")[0] in OF_ONE_SALE
        accounts[one.account] = NewAccount(
            currency=currency,
            name=one.account,
            party_id=one.party if own else None,
            order_id=new.reference if own else None,
        )
    await ledger.open_accounts(tx, org_id, new.entity, list(accounts.values()))


async def create_by_call(means: Means, actor: Actor, once: Once, *, new: NewPayment, now: datetime) -> Answer:
    """The same as one call of the API."""

    async def effect(tx: Tx) -> Answer:
        known = await store.PAYMENT.maybe(tx, actor.org_id, new.id)
        made = await create(tx, actor.org_id, new, now=now)
        if known is None:
            await access.record(tx, actor, "payment.created", PAYMENT.prefix, made.id, ["amount"])
        return payment_answer(made, status=201)

    return await one_phase(means.db.org(actor.org_id), means.keyring, once, effect)


async def expire(tx: Tx, org_id: OrgId, payment_id: PaymentId, *, now: datetime) -> None:
    """End a payment whose time is over, unless money was taken or is held. One that the provider knows is ended there
    first; one with a call under way is looked at again when that has ended."""
    payment = await taking.lock(tx, org_id, payment_id)
    if Status(payment.status) not in (Status.REQUIRES_PAYMENT_METHOD, Status.REQUIRES_ACTION):
        return
    await end_unpaid(tx, org_id, payment, "expired", now=now, due_at=utc_now())


async def end_unpaid(
    tx: Tx,
    org_id: OrgId,
    payment: Payment,
    ending: str,
    *,
    now: datetime,
    operation_id: UUID | None = None,
    due_at: datetime | None = None,
) -> Payment:
    """End a locked payment that nothing was taken of: at once where the provider does not know it, else by a call."""
    if payment.intent is None:
        ended = structs.replace(payment, seen=IntentStatus.CANCELED, ending=ending, updated_at=now)
        after = await taking.write(tx, org_id, payment, ended, None)
    else:
        ask = Void(id=operation_id or OPERATION.new(), payment=payment.id, intent=intent_of(payment))
        new = NewOperation(
            ask=ask, subject_kind="payment", subject_id=payment.id, connection_id=payment.connection_id
        )
        await operating.claim(tx, org_id, new, now=utc_now(), due_at=due_at)
        ended = structs.replace(payment, ending=ending, updated_at=now)
        after = await taking.write(tx, org_id, payment, ended, "void")
    for fact in taking.facts(payment, after):
        await eventlog.append(tx, fact, org_id=org_id)
    return after
