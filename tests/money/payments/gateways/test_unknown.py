"""What is not known is found out, and nothing is done twice: the faults of a provider, at every kind of ask."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, Final

import pytest
from msgspec import Struct

from kontorhaus.kernel.ids import uuid7
from kontorhaus.money.payments.model.asks import (
    Ask,
    Authorize,
    Capture,
    LinkSellerAccount,
    OpenSellerAccount,
    ReversePayout,
    SendPayout,
    Void,
)
from kontorhaus.money.payments.model.observations import (
    Absent,
    IntentStatus,
    PaymentSeen,
    PayoutSeen,
    ProviderDeclined,
    RefundSeen,
    RefusalCode,
    SellerAccountSeen,
    Subject,
)
from kontorhaus.platform.outbound import NotSent, Unknown
from tests.money.payments.gateways.worlds import RETURN, World, authorize, euro, paid, refund

SOON: Final = timedelta(seconds=5)
LATE: Final = timedelta(days=2)
"""When no provider remembers the key any more."""


class Case(Struct, frozen=True):
    """An ask, and how often its effect is there: once it was carried out, `count` says one more."""

    ask: Ask
    count: Callable[[], Awaitable[int]]


async def _of_payments(world: World, ask: Authorize) -> Case:
    async def count() -> int:
        return sum(amount > 0 for amount in await world.charges())

    return Case(ask, count)


async def first_try(world: World) -> Case:
    return await _of_payments(world, authorize(world))


async def second_try(world: World) -> Case:
    declined = await paid(world, "declined")
    return await _of_payments(world, authorize(world, intent=declined.reference))


async def capture(world: World) -> Case:
    held = await paid(world, manual=True)
    ask = Capture(id=uuid7(), payment=uuid7(), intent=held.reference, amount=euro(7_00))

    async def count() -> int:
        return sum(amount == 7_00 for amount in await world.charges())

    return Case(ask, count)


async def void(world: World) -> Case:
    held = await paid(world, manual=True)

    async def count() -> int:
        seen = await world.gateway.retrieve(world.credentials, Subject.PAYMENT, held.reference)
        assert isinstance(seen, PaymentSeen)
        return int(seen.status is IntentStatus.CANCELED)

    return Case(Void(id=uuid7(), payment=uuid7(), intent=held.reference), count)


async def refunding(world: World) -> Case:
    taken = await paid(world)
    return Case(refund(taken, 4_00), lambda: _counted(world, "refunds"))


async def opening(world: World) -> Case:
    ask = OpenSellerAccount(id=uuid7(), account=uuid7(), country="DE")
    sandbox: Any = world

    async def count() -> int:
        return len((await sandbox.sandbox.client().v1.accounts.list_async()).data)

    return Case(ask, count)


async def payout(world: World) -> Case:
    account, taken = await world.account(), await paid(world, "settled")
    ask = SendPayout(
        id=uuid7(), payout=uuid7(), provider_account=account, amount=euro(2_00), source=taken.charge
    )
    return Case(ask, lambda: _counted(world, "transfers"))


async def reversal(world: World) -> Case:
    sent = await world.gateway.send(world.credentials, (await payout(world)).ask)
    assert isinstance(sent, PayoutSeen)
    assert sent.payout is not None
    ask = ReversePayout(id=uuid7(), payout=sent.payout, transfer=sent.reference, amount=euro(1_00))

    async def count() -> int:
        seen = await world.gateway.retrieve(world.credentials, Subject.PAYOUT, sent.reference)
        assert isinstance(seen, PayoutSeen)
        return seen.reversed.minor // 100

    return Case(ask, count)


async def _counted(world: World, kind: str) -> int:
    return len(await world.moved(kind))


CASES: Final = {
    "first_try": first_try,
    "second_try": second_try,
    "capture": capture,
    "void": void,
    "refund": refunding,
    "seller_account": opening,
    "payout": payout,
    "reversal": reversal,
}

every_ask: Final = pytest.mark.parametrize("case", sorted(CASES))


def _shows(ask: Ask, found: object) -> bool:
    """Whether what was found is the effect of the ask."""
    match found:
        case PaymentSeen():
            return isinstance(ask, Void) or found.operation == ask.id
        case RefundSeen() | PayoutSeen() | SellerAccountSeen():
            return found.operation == ask.id
        case _:
            return False


@every_ask
@pytest.mark.parametrize("kind", ["timeout_after", "error_after"])
async def test_what_was_done_and_not_answered_is_found_and_done_once(
    world: World, case: str, kind: str
) -> None:
    made = await CASES[case](world)
    await world.fault(kind, made.ask)

    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, made.ask)
    assert await made.count() == 1

    for age in (SOON, LATE):
        found = await world.gateway.find(world.credentials, made.ask, reference=None, age=age)
        assert _shows(made.ask, found), found
    assert await made.count() == 1


@every_ask
async def test_what_never_arrived_is_done_now_under_the_same_key(world: World, case: str) -> None:
    made = await CASES[case](world)
    await world.fault("timeout_before", made.ask)

    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, made.ask)
    assert await made.count() == 0

    found = await world.gateway.find(world.credentials, made.ask, reference=None, age=SOON)
    assert _shows(made.ask, found), found
    assert await made.count() == 1


@every_ask
async def test_what_never_arrived_is_not_done_once_the_key_may_be_forgotten(world: World, case: str) -> None:
    made = await CASES[case](world)
    await world.fault("timeout_before", made.ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, made.ask)

    assert await world.gateway.find(world.credentials, made.ask, reference=None, age=LATE) == Absent()
    assert await made.count() == 0


@every_ask
async def test_an_error_that_is_remembered_and_did_nothing_is_absent(world: World, case: str) -> None:
    made = await CASES[case](world)
    await world.fault("error_before", made.ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, made.ask)

    for age in (SOON, LATE):
        assert await world.gateway.find(world.credentials, made.ask, reference=None, age=age) == Absent()
    assert await made.count() == 0


@every_ask
@pytest.mark.parametrize("kind", ["rate_limit", "lock_timeout"])
async def test_who_has_too_much_to_do_has_done_nothing(world: World, case: str, kind: str) -> None:
    made = await CASES[case](world)
    await world.fault(kind, made.ask)

    with pytest.raises(NotSent):
        await world.gateway.send(world.credentials, made.ask)
    assert await made.count() == 0

    assert _shows(made.ask, await world.gateway.send(world.credentials, made.ask))
    assert await made.count() == 1


@every_ask
async def test_what_is_still_being_done_is_unknown(world: World, case: str) -> None:
    made = await CASES[case](world)
    sandbox: Any = world
    await sandbox.sandbox.fault("slow", method="POST", delay_ms=800)
    first = asyncio.create_task(world.gateway.send(world.credentials, made.ask))
    await asyncio.sleep(0.3)

    with pytest.raises(Unknown):
        await world.gateway.find(world.credentials, made.ask, reference=None, age=SOON)

    await first
    assert await made.count() == 1


@pytest.mark.parametrize("kind", ["wrong_amount", "wrong_currency"])
async def test_an_answer_of_something_else_is_told_as_it_is(world: World, kind: str) -> None:
    ask = authorize(world)
    await world.fault(kind, ask)
    seen = await world.gateway.send(world.credentials, ask)
    assert isinstance(seen, PaymentSeen)
    assert seen.amount != ask.amount


async def test_a_payment_that_answers_nothing_is_found_by_its_reference(world: World) -> None:
    ask = authorize(world)
    await world.gateway.send(world.credentials, ask)
    shown = await world.gateway.find(world.credentials, ask, reference=None, age=SOON)
    assert isinstance(shown, PaymentSeen)
    found = await world.gateway.find(world.credentials, ask, reference=shown.reference, age=LATE)
    assert isinstance(found, PaymentSeen)
    assert found.captured == euro(10_00)


async def test_a_decline_that_was_not_answered_is_found_as_one(world: World) -> None:
    ask = authorize(world, "declined")
    await world.fault("timeout_after", ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, ask)
    for age in (SOON, LATE):
        found = await world.gateway.find(world.credentials, ask, reference=None, age=age)
        assert isinstance(found, PaymentSeen)
        assert found.decline is not None
    assert await world.charges() == [0]


async def test_what_was_remembered_is_shown_as_it_stands_now(world: World) -> None:
    """The payer has authenticated between the call and the search for its outcome."""
    ask = authorize(world, "asks")
    await world.fault("timeout_after", ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, ask)
    asked = await world.gateway.find(world.credentials, ask, reference=None, age=SOON)
    assert isinstance(asked, PaymentSeen)
    await world.approve(asked.reference, approved=True)

    found = await world.gateway.find(world.credentials, ask, reference=None, age=SOON)

    assert isinstance(found, PaymentSeen)
    assert (found.status, found.captured) == (IntentStatus.CAPTURED, euro(10_00))


async def test_a_capture_that_came_too_late_is_refused(world: World) -> None:
    held = await paid(world, manual=True)
    ask = Capture(id=uuid7(), payment=uuid7(), intent=held.reference, amount=euro(10_00))
    await world.fault("timeout_before", ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, ask)
    await world.gateway.send(world.credentials, Void(id=uuid7(), payment=uuid7(), intent=held.reference))

    found = await world.gateway.find(world.credentials, ask, reference=None, age=LATE)

    assert isinstance(found, ProviderDeclined)
    assert found.code is RefusalCode.STATE
    assert found.seen is not None
    assert found.seen.status is IntentStatus.CANCELED


async def test_a_link_that_nobody_got_is_made_anew(world: World) -> None:
    ask = LinkSellerAccount(
        id=uuid7(),
        account=uuid7(),
        provider_account=await world.account(checked=False),
        return_url=RETURN,
        refresh_url=RETURN,
    )
    await world.fault("timeout_after", ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, ask)
    assert await world.gateway.find(world.credentials, ask, reference=None, age=SOON) == Absent()


async def test_a_rotated_key_asks_for_what_the_old_one_did(world: World) -> None:
    ask = authorize(world)
    await world.fault("timeout_after", ask)
    with pytest.raises(Unknown):
        await world.gateway.send(world.credentials, ask)
    await world.revoke(world.credentials)
    rotated = type(world.credentials)(f"{world.credentials.secret_key}_rotated")

    found = await world.gateway.find(rotated, ask, reference=None, age=SOON)

    assert _shows(ask, found)
    sandbox: Any = world
    sandbox.sandbox.key = rotated.secret_key
    assert await world.charges() == [10_00]
