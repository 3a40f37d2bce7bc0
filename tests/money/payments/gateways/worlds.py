"""A provider as the tests of gateways need it: the gateway under test, and a hand on the world behind it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

import aiohttp
from msgspec import Struct

from kontorhaus.kernel.ids import uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.money.payments.gateways import Credentials, Gateway
from kontorhaus.money.payments.gateways.stripe import Stripe
from kontorhaus.money.payments.model.asks import Ask, Authorize, Capture, RefundPayment, SendPayout, Void
from kontorhaus.money.payments.model.observations import PaymentSeen
from kontorhaus.platform.outbound import Outbound
from tests.sandbox.stripe.running import seller
from tests.support.stripe import Sandbox, Started, fresh_key

RETURN: Final = "https://shop.example.com/back"

SeenT = TypeVar("SeenT")


class World(Protocol):
    """What the suite asks of the provider's simulator."""

    gateway: Gateway
    credentials: Credentials
    unreachable: Gateway
    """The same kind of gateway for an address at which nobody listens."""
    methods: Mapping[str, str]
    """Tokens of methods by what they do: good, settled, declined, poor, stolen, asks (3-D Secure), pending_refund,
    failing_refund."""

    async def fault(self, kind: str, ask: Ask) -> None: ...
    async def charges(self) -> list[int]: ...
    async def approve(self, reference: str, *, approved: bool) -> None: ...
    async def account(self, *, checked: bool = True) -> str: ...
    async def judge(self, account: str, outcome: str) -> None: ...
    async def revoke(self, credentials: Credentials) -> None: ...
    async def moved(self, kind: str) -> list[int]: ...


class StripeWorld(Struct):
    gateway: Gateway
    unreachable: Gateway
    credentials: Credentials
    sandbox: Sandbox
    methods: Mapping[str, str]

    async def fault(self, kind: str, ask: Ask) -> None:
        await self.sandbox.fault(kind, method="POST", path=_path(ask))

    async def charges(self) -> list[int]:
        """What was taken from cards, payment by payment; those of zero are tries."""
        found = await self.sandbox.books()
        return [payment["taken"] for payment in found["payments"].values()]

    async def approve(self, reference: str, *, approved: bool) -> None:
        outcome = {"outcome": "approve" if approved else "fail"}
        await self.sandbox.control("POST", f"payment_intents/{reference}/authenticate", outcome)

    async def account(self, *, checked: bool = True) -> str:
        client = self.sandbox.client()
        if checked:
            return str((await seller(client)).id)
        params: Any = {"country": "DE", "capabilities": {"transfers": {"requested": True}}}
        return (await client.v1.accounts.create_async(params)).id

    async def judge(self, account: str, outcome: str) -> None:
        await self.sandbox.control("POST", f"accounts/{account}/identity", {"outcome": outcome})

    async def revoke(self, credentials: Credentials) -> None:
        await self.sandbox.control("POST", "keys/revoke", {"key": credentials.secret_key})

    async def moved(self, kind: str) -> list[int]:
        """Amounts of all objects of a kind, newest first."""
        service = getattr(self.sandbox.client().v1, kind)
        return [one.amount for one in (await service.list_async({"limit": 100})).data]


def _path(ask: Ask) -> str:
    match ask:
        case Authorize(intent=None):
            return "/v1/payment_intents"
        case Authorize():
            return "/v1/payment_intents/*/confirm"
        case Capture():
            return "/v1/payment_intents/*/capture"
        case Void():
            return "/v1/payment_intents/*/cancel"
        case RefundPayment():
            return "/v1/refunds"
        case SendPayout():
            return "/v1/transfers"
        case _:
            return {"open_seller_account": "/v1/accounts", "link_seller_account": "/v1/account_links"}.get(
                str(ask.__struct_config__.tag), "/v1/transfers/*/reversals"
            )


@contextlib.asynccontextmanager
async def stripe_world(started: Started) -> AsyncIterator[StripeWorld]:
    """An account of its own. Faults are everybody's: none is left behind."""
    async with Outbound() as outbound, aiohttp.ClientSession() as session:
        sandbox = Sandbox(started.url, session, started.process, fresh_key())
        yield StripeWorld(
            gateway=Stripe(outbound, test_base=sandbox.url, patience=timedelta(seconds=5)),
            unreachable=Stripe(outbound, test_base="http://127.0.0.1:9"),
            credentials=Credentials(sandbox.key),
            sandbox=sandbox,
            methods={
                "good": "pm_card_de",
                "settled": "pm_card_bypassPending",
                "declined": "pm_card_visa_chargeDeclined",
                "poor": "pm_card_visa_chargeDeclinedInsufficientFunds",
                "stolen": "pm_card_visa_chargeDeclinedStolenCard",
                "asks": "pm_card_threeDSecure2Required",
                "pending_refund": "pm_card_pendingRefund",
                "failing_refund": "pm_card_refundFail",
            },
        )

        await sandbox.control("DELETE", "faults")


WORLDS: Final = {"stripe": stripe_world}


def euro(minor: int) -> Money:
    return Money(minor, "EUR")


def authorize(world: World, method: str = "good", amount: int = 10_00, **more: Any) -> Authorize:
    return tried_with(world.methods[method], amount, **more)


def tried_with(token: str, amount: int = 10_00, **more: Any) -> Authorize:
    given = {"manual": False, "return_url": RETURN, "payment": uuid7(), **more}
    return Authorize(id=uuid7(), amount=euro(amount), method=token, **given)


async def paid(world: World, method: str = "good", amount: int = 10_00, **more: Any) -> PaymentSeen:
    """A payment as the provider has it after one try."""
    seen = await world.gateway.send(world.credentials, authorize(world, method, amount, **more))
    assert isinstance(seen, PaymentSeen), seen
    return seen


def refund(seen: PaymentSeen, amount: int, payment: UUID | None = None) -> RefundPayment:
    return RefundPayment(
        id=uuid7(), refund=uuid7(), payment=payment or uuid7(), intent=seen.reference, amount=euro(amount)
    )
