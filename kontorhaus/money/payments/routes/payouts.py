"""The API of payouts."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kontorhaus.kernel.ids import SUFFIX
from kontorhaus.kernel.money import CurrencyUnknown
from kontorhaus.money.ledger import LedgerBalanceInsufficient
from kontorhaus.money.payments.actions import payout_calls
from kontorhaus.money.payments.errors import (
    PaymentConnectionNotFound,
    PaymentConnectionUnclear,
    PaymentConnectionUnfit,
    PaymentIdReused,
    PaymentNotFound,
    PayoutConflict,
    PayoutExceeded,
    PayoutInvalid,
    PayoutNotFound,
    PayoutOperationOpen,
)
from kontorhaus.money.payments.model.ids import PAYOUT, PayoutId
from kontorhaus.money.payments.model.payouts import Status
from kontorhaus.money.payments.model.seller_requests import NewPayoutRequest, PayoutReversal
from kontorhaus.money.payments.queries import payouts as queries
from kontorhaus.money.payments.views.payouts import PayoutView, payout
from kontorhaus.people.parties import PARTY, PartyNotFound
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route


class PayoutPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[Status | None, Meta(description="Only payouts of this status.")] = None
    seller: Annotated[
        Annotated[str, Meta(pattern=f"^{PARTY.prefix}_{SUFFIX}$(?!\\n)")] | None,
        Meta(description="Only those to this seller."),
    ] = None


@route(
    "POST",
    "/v1/payouts",
    scope="payouts:write",
    body=NewPayoutRequest,
    answer=PayoutView,
    status=201,
    errors=(
        PayoutInvalid,
        CurrencyUnknown,
        PartyNotFound,
        PaymentConnectionNotFound,
        PaymentConnectionUnclear,
        PaymentConnectionUnfit,
        PaymentNotFound,
        PaymentIdReused,
        LedgerBalanceInsufficient,
    ),
    idempotent=True,
    tag="Payouts",
)
async def create_payout(call: Call[NewPayoutRequest, None]) -> Answer:
    """Pay a seller.

    The amount is held on `payable:<seller>` in the books at once, and the provider moves it to the seller's account
    right after. While the seller cannot be paid, or the provider's balance does not suffice, the payout waits, and goes
    out by itself. The same id with the same content is the same payout.
    """
    return await payout_calls.create(
        call.db, call.resources.keyring, call.actor, call.once, new=call.body, now=call.now
    )


@route("GET", "/v1/payouts", scope="payouts:read", query=PayoutPage, list_of=PayoutView, tag="Payouts")
async def list_payouts(call: Call[None, PayoutPage]) -> Answer:
    """List payouts, newest first."""
    seller = call.query.seller
    found = await queries.payouts(
        call.db,
        call.actor.org_id,
        status=call.query.status,
        seller=None if seller is None else PARTY.parse(seller),
        before=call.after(PayoutId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=payout, position=lambda row: row.id)


@route(
    "GET",
    "/v1/payouts/{payout_id}",
    scope="payouts:read",
    answer=PayoutView,
    errors=(PayoutNotFound,),
    ids={"payout_id": PAYOUT},
    tag="Payouts",
)
async def get_payout(call: Call[None, None]) -> Answer:
    """Read a payout."""
    found = await queries.payout(call.db, call.actor.org_id, call.id(PAYOUT, "payout_id"))
    return answer(payout(found), version=found.version)


@route(
    "POST",
    "/v1/payouts/{payout_id}/send",
    scope="payouts:write",
    answer=PayoutView,
    errors=(PayoutNotFound, PayoutConflict),
    ids={"payout_id": PAYOUT},
    idempotent=True,
    tag="Payouts",
)
async def send_payout(call: Call[None, None]) -> Answer:
    """Try a payout that waits now.

    If the seller still cannot be paid it goes on waiting. One that is on its way, or was paid, is answered as it
    stands.
    """
    return await payout_calls.send(
        call.db, call.resources.keyring, call.actor, call.once, call.id(PAYOUT, "payout_id")
    )


@route(
    "POST",
    "/v1/payouts/{payout_id}/cancel",
    scope="payouts:write",
    answer=PayoutView,
    errors=(PayoutNotFound, PayoutConflict, PayoutOperationOpen),
    ids={"payout_id": PAYOUT},
    idempotent=True,
    tag="Payouts",
)
async def cancel_payout(call: Call[None, None]) -> Answer:
    """Cancel a payout that waits.

    Its amount is the seller's balance in the books again. What is on its way cannot be canceled; what was paid can be
    reversed.
    """
    return await payout_calls.cancel(
        call.db, call.resources.keyring, call.actor, call.once, call.id(PAYOUT, "payout_id"), now=call.now
    )


@route(
    "POST",
    "/v1/payouts/{payout_id}/reverse",
    scope="payouts:write",
    body=PayoutReversal,
    answer=PayoutView,
    errors=(
        PayoutNotFound,
        PayoutConflict,
        PayoutOperationOpen,
        PayoutExceeded,
        PayoutInvalid,
        CurrencyUnknown,
    ),
    ids={"payout_id": PAYOUT},
    idempotent=True,
    tag="Payouts",
)
async def reverse_payout(call: Call[PayoutReversal, None]) -> Answer:
    """Take a payout back.

    All that is left of it, or an amount. The provider is asked right after; it refuses where the seller's account there
    does not hold the money any more. What comes back is owed to the seller again, on `payable:<seller>`.
    """
    amount = call.body.amount
    return await payout_calls.reverse(
        call.db,
        call.resources.keyring,
        call.actor,
        call.once,
        call.id(PAYOUT, "payout_id"),
        amount=None if amount is None else amount.money("/amount"),
    )


ROUTES = (create_payout, list_payouts, get_payout, send_payout, cancel_payout, reverse_payout)
