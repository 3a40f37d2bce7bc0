"""What follows from sums: amounts always add up, and every status is a function of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from kontorhaus.goods.orders.model import sums
from kontorhaus.goods.orders.model.order import LINE, ORDER, Line, LineId, OrderId, SalesOrder, Status
from kontorhaus.goods.orders.model.sums import Delivery, Held, Paid, Part, Sums
from kontorhaus.kernel.money import Money
from kontorhaus.money.payments import Allocation, PaymentId, captured_parts
from kontorhaus.people.parties import PartyId

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
ANYONE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")

SALE = SalesOrder(
    id=OrderId(ANYONE),
    entity=PartyId(ANYONE),
    buyer=PartyId(ANYONE),
    currency="EUR",
    connection_id=None,
    capture="automatic",
    inspection_days=2,
    reference=None,
    status=Status.PLACED,
    version=1,
    created_at=NOON,
    updated_at=NOON,
    confirmed_at=None,
    completed_at=None,
    canceled_at=None,
)

NUMBERS = count(1)


def a_line(**fields: Any) -> Line:
    own = fields.get("model") == "own"
    amount = fields.get("amount", 10_000)
    basis: dict[str, Any] = {
        "id": LINE.new(),
        "order_id": SALE.id,
        "position": 0,
        "model": "agent",
        "seller": None if own else PartyId(ANYONE),
        "description": "Golf",
        "quantity": 1,
        "ordered": amount,
        "amount": amount,
        "tax_rate": 190_000 if own else None,
        "tax_category": "S" if own else None,
        "tax_country": "DE" if own else None,
        "handed_over_at": None,
        "inspect_until": None,
        "released_at": None,
        "canceled_at": None,
    }
    return Line(**(basis | fields))


def a_part(line: Line, allocated: int, **fields: Any) -> Part:
    basis: dict[str, Any] = {
        "payment_id": PaymentId(UUID(int=1)),
        "position": next(NUMBERS),
        "order_id": SALE.id,
        "line_id": line.id,
        "account": f"held:{LINE.text(line.id)}",
        "allocated": allocated,
        "collected": allocated,
        "refunded": 0,
        "released": 0,
        "collected_at": NOON,
    }
    return Part(**(basis | fields))


@pytest.mark.parametrize(
    ("gross", "rate", "net", "tax"),
    [
        (11_900, 190_000, 10_000, 1_900),
        (119, 190_000, 100, 19),
        (1, 190_000, 1, 0),  # 0.84 rounds up
        (3, 1_000_000, 2, 1),  # 1.5 is a half, and rounds up
        (10_000, 0, 10_000, 0),
        (24_000, 200_000, 20_000, 4_000),
        (99_999, 55_000, 94_786, 5_213),
    ],
)
def test_net_is_rounded_half_up_and_the_tax_is_the_rest(gross: int, rate: int, net: int, tax: int) -> None:
    assert sums.net_and_tax(a_line(model="own", amount=gross, tax_rate=rate)) == (net, tax)


priced = st.builds(
    a_line,
    model=st.sampled_from(["agent", "own"]),
    amount=st.integers(1, 10**9),
    canceled_at=st.one_of(st.none(), st.just(NOON)),
)


@given(st.lists(priced, min_size=1, max_size=6), st.data())
def test_whatever_was_captured_what_is_still_asked_for_is_what_is_owed(lines: list[Line], data: Any) -> None:
    """A first payment is captured in part, a second one brings the rest: to the cent, and to the right accounts."""
    wants = sums.allotments(SALE, lines, [])
    assert sum(one.amount for one in wants) == sum(line.amount for line in lines if line.stands)
    if not wants:
        return
    parts = [
        a_part(one.line, one.amount, position=number, account=one.account, collected=0)
        for number, one in enumerate(wants)
    ]
    captured = data.draw(st.integers(0, sum(one.amount for one in wants)))
    shares = sums.shares(parts, captured, "EUR")
    parts = [structs.replace(part, collected=share) for part, share in zip(parts, shares, strict=True)]

    rest = sums.allotments(SALE, lines, parts)

    assert sum(shares) == captured
    assert captured + sum(one.amount for one in rest) == sum(line.amount for line in lines if line.stands)
    for line in lines:
        brought = {part.account: part.collected for part in parts if part.line_id == line.id}
        for one in rest:
            if one.line.id == line.id:
                brought[one.account] = brought.get(one.account, 0) + one.amount
        if line.model == "own" and line.stands:
            net, tax = sums.net_and_tax(line)
            assert sorted(amount for amount in brought.values() if amount) == sorted(
                x for x in (net, tax) if x
            )


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=8), st.data())
def test_parts_are_split_as_the_payment_posts_them(allocated: list[int], data: Any) -> None:
    captured = data.draw(st.integers(1, sum(allocated)))
    line = a_line()
    given_allocations = [Allocation("held:x", Money(amount, "EUR")) for amount in allocated]

    shares = sums.shares([a_part(line, amount) for amount in allocated], captured, "EUR")

    assert shares == [one.minor for one in captured_parts(given_allocations, Money(captured, "EUR"))]


@pytest.mark.parametrize(
    ("found", "paid", "held"),
    [
        (Sums(), Paid.UNPAID, Held.NONE),
        (Sums(collected=4_000), Paid.PARTIALLY_PAID, Held.HELD),
        (Sums(collected=10_000), Paid.PAID, Held.HELD),
        (Sums(collected=12_000, refunded=2_000), Paid.PAID, Held.HELD),
        (Sums(collected=10_000, refunded=10_000), Paid.REVERSED, Held.REFUNDED),
        (Sums(collected=10_000, released=10_000), Paid.PAID, Held.RELEASED),
        (Sums(collected=12_000, refunded=2_000, released=10_000), Paid.PAID, Held.SPLIT),
    ],
)
def test_the_statuses_of_a_line_are_its_sums(found: Sums, paid: Paid, held: Held) -> None:
    line = a_line()

    assert sums.paid(line, found) is paid
    assert sums.held(line, found) is held
    assert sums.delivery(line, found) is (Delivery.CLEARED if paid is Paid.PAID else Delivery.PENDING)


def test_a_line_of_our_own_holds_nothing_for_anyone() -> None:
    line = a_line(model="own")

    assert sums.held(line, Sums(collected=10_000)) is Held.NONE
    assert sums.held(line, Sums(collected=10_000, refunded=10_000)) is Held.REFUNDED


def test_the_last_payment_is_taken_from_first() -> None:
    line = a_line()
    first = a_part(line, 6_000, payment_id=PaymentId(UUID(int=1)))
    second = a_part(line, 4_000, payment_id=PaymentId(UUID(int=2)), refunded=1_000)

    taken = sums.taking([first, second], 5_000)

    assert [(one.part.payment_id.int, one.amount) for one in taken] == [(2, 3_000), (1, 2_000)]
    assert [key.int for key, _ in sums.by_payment(taken)] == [1, 2]


def test_the_time_for_objections_ends_before_the_provider_would_give_the_money_back() -> None:
    line, order = a_line(), structs.replace(SALE, inspection_days=14)
    part = a_part(line, 10_000)

    early = sums.inspection_end(order, [part], NOON + timedelta(days=10))
    late = sums.inspection_end(order, [part], NOON + timedelta(days=85))

    assert early == NOON + timedelta(days=24)
    assert late == NOON + timedelta(days=90)


def test_accounts_are_named_by_what_they_are_for() -> None:
    agent, own = a_line(), a_line(model="own", amount=11_900)

    named = [(one.account, one.amount) for one in sums.allotments(SALE, [agent, own], [])]

    assert named == [
        (f"held:{LINE.text(LineId(agent.id))}", 10_000),
        (f"prepaid:{ORDER.text(SALE.id)}", 10_000),
        ("tax:DE:output", 1_900),
    ]
