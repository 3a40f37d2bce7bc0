"""Placing an order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from kontorhaus.goods.orders.actions.telling import tell
from kontorhaus.goods.orders.errors import OrderExists, OrderInvalid
from kontorhaus.goods.orders.events import OrderPlaced, PlacedLine
from kontorhaus.goods.orders.model import checks
from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, LineId, OrderId
from kontorhaus.goods.orders.model.requests import NewOrder
from kontorhaus.goods.orders.store import orders as store
from kontorhaus.goods.orders.store import whole
from kontorhaus.goods.orders.views import objects as views
from kontorhaus.kernel.errors import Fault
from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money, MoneyView
from kontorhaus.money import payments
from kontorhaus.money.payments import PAYMENT_CONNECTION
from kontorhaus.people import access, parties
from kontorhaus.people.parties import PARTY, PartyNotFound
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, one_phase
from kontorhaus.platform.secrets import Keyring


async def place(
    db: Db, keyring: Keyring, actor: Actor, once: Once, *, new: NewOrder, now: datetime
) -> Answer:
    """Place an order: from now on it is agreed, and to be paid.

    With an id chosen by the caller, placing the same again answers the order as it stands. Raises OrderInvalid,
    OrderExists, PartyNotFound, CurrencyUnknown, PaymentConnectionNotFound,
    PaymentConnectionUnfit.
    """
    checks.new_order(new)
    connection = None if new.connection is None else PAYMENT_CONNECTION.parse(new.connection)
    order_id = ORDER.new() if new.id is None else ORDER.parse(new.id)

    async def effect(tx: Tx) -> Answer:
        if await _inserted(tx, actor.org_id, order_id, new, now):
            # After the insertion: what was placed is answered as it stands, whoever has been erased since.
            await _refuse_unfit(tx, actor.org_id, new)
            if connection is not None:
                entity = PARTY.parse(new.entity)
                await payments.refuse_unfit(
                    tx, actor.org_id, connection, entity, new.lines[0].amount.currency
                )
            await access.record(tx, actor, "order.placed", ORDER.prefix, order_id, ["lines"])
            await tell(
                tx, actor.org_id, _placed(order_id, await _lines(tx, actor.org_id, order_id), new), at=now
            )
        else:
            await _refuse_other(tx, actor.org_id, order_id, new)
        found = await whole.found(tx, actor.org_id, order_id)
        view = views.order(found)
        return answer(view, status=201, version=found.order.version, location=f"/v1/orders/{view.id}")

    return await one_phase(db.org(actor.org_id), keyring, once, effect)


async def _refuse_unfit(tx: Tx, org_id: OrgId, new: NewOrder) -> None:
    """Whether everyone who is named is there, in the role that he needs."""
    wanted = [("/entity", new.entity, "legal_entity"), ("/buyer", new.buyer, None)]
    wanted += [
        (f"/lines/{number}/seller", line.seller, "seller")
        for number, line in enumerate(new.lines)
        if line.seller is not None
    ]
    faults = []
    known: dict[str, frozenset[str]] = {}
    for pointer, text, role in wanted:
        if text not in known:
            known[text] = await _roles(tx, org_id, text, pointer)
        if role is not None and role not in known[text]:
            faults.append(Fault(pointer, f"expected a party with the role {role}"))
    if faults:
        raise OrderInvalid("a party has not the role that it needs", faults=tuple(faults))


async def _roles(tx: Tx, org_id: OrgId, text: str, pointer: str) -> frozenset[str]:
    try:
        party = await parties.party_in(tx, org_id, PARTY.parse(text))
    except PartyNotFound as error:
        raise PartyNotFound("there is no such party", faults=(Fault(pointer, "no such party"),)) from error
    return frozenset(party.summary.roles)


async def _inserted(tx: Tx, org_id: OrgId, order_id: OrderId, new: NewOrder, now: datetime) -> bool:
    """False when there is an order with this id; OrderExists when there is a line with one of these."""
    connection = None if new.connection is None else PAYMENT_CONNECTION.parse(new.connection)
    inserted = await store.INSERT.maybe(
        tx,
        org_id,
        order_id,
        PARTY.parse(new.entity),
        PARTY.parse(new.buyer),
        new.lines[0].amount.currency,
        connection,
        new.capture,
        new.inspection_days,
        new.reference,
        now,
    )
    if inserted is None:
        return False
    for number, line in enumerate(new.lines):
        line_id = LINE.new() if line.id is None else LINE.parse(line.id)
        given = line.tax
        tax = (None, None, None) if given is None else (given.rate_ppm, given.category, given.country)
        seller = None if line.seller is None else PARTY.parse(line.seller)
        values = (line.model, seller, line.description, line.quantity, line.amount.amount)
        if await store.INSERT_LINE.maybe(tx, org_id, line_id, order_id, number, *values, *tax) is None:
            raise OrderExists("there is a line with this id in another order", field=f"/lines/{number}/id")
    return True


async def _lines(tx: Tx, org_id: OrgId, order_id: OrderId) -> list[Line]:
    return await store.LINES.all(tx, org_id, order_id)


def _placed(order_id: OrderId, lines: Sequence[Line], new: NewOrder) -> OrderPlaced:
    currency = new.lines[0].amount.currency
    return OrderPlaced(
        subject=order_id,
        entity=PARTY.parse(new.entity),
        buyer=PARTY.parse(new.buyer),
        amount=Money(sum(line.amount for line in lines), currency).view(),
        lines=[
            PlacedLine(
                line=LineId(line.id),
                model=line.model,
                seller=line.seller,
                amount=MoneyView(line.amount, currency),
            )
            for line in lines
        ],
        version=1,
    )


async def _refuse_other(tx: Tx, org_id: OrgId, order_id: OrderId, new: NewOrder) -> None:
    """OrderExists, with the first field that differs, unless this is the order that was placed."""
    order = await store.ORDER.one(tx, org_id, order_id)
    connection: UUID | None = None if new.connection is None else PAYMENT_CONNECTION.parse(new.connection)
    pairs: list[tuple[str, object, object]] = [
        ("/entity", order.entity, PARTY.parse(new.entity)),
        ("/buyer", order.buyer, PARTY.parse(new.buyer)),
        ("/connection", order.connection_id, connection),
        ("/capture", order.capture, new.capture),
        ("/inspection_days", order.inspection_days, new.inspection_days),
        ("/reference", order.reference, new.reference),
    ]
    lines = await _lines(tx, org_id, order_id)
    pairs.append(("/lines", len(lines), len(new.lines)))
    pairs += _compared(lines, new, order.currency)
    for field, kept, given in pairs:
        if kept != given:
            raise OrderExists("the id belongs to an order with other content", field=field)


def _compared(lines: Sequence[Line], new: NewOrder, currency: str) -> Iterator[tuple[str, object, object]]:
    for number, (line, given) in enumerate(zip(lines, new.lines, strict=False)):
        at = f"/lines/{number}"
        tax = None
        if given.tax is not None:
            tax = (given.tax.rate_ppm, given.tax.category, given.tax.country)
        kept = None if line.tax_rate is None else (line.tax_rate, line.tax_category, line.tax_country)
        if given.id is not None:
            yield f"{at}/id", line.id, LINE.parse(given.id)
        yield f"{at}/model", line.model, given.model
        yield f"{at}/seller", line.seller, None if given.seller is None else PARTY.parse(given.seller)
        yield f"{at}/description", line.description, given.description
        yield f"{at}/quantity", line.quantity, given.quantity
        yield f"{at}/amount", (line.ordered, currency), (given.amount.amount, given.amount.currency)
        yield f"{at}/tax", kept, tax
