"""The API of payments."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta

from kontorhaus.kernel.money import CurrencyUnknown
from kontorhaus.money.ledger import LedgerAccountInvalid, LedgerEntityNotFound
from kontorhaus.money.payments.actions import collecting, creating
from kontorhaus.money.payments.actions.collecting import Confirmation
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.actions.returning import address
from kontorhaus.money.payments.errors import (
    PaymentAmountExceeded,
    PaymentConflict,
    PaymentConnectionNotFound,
    PaymentConnectionUnclear,
    PaymentConnectionUnfit,
    PaymentIdReused,
    PaymentInvalid,
    PaymentNotFound,
    PaymentOperationOpen,
)
from kontorhaus.money.payments.model.ids import PAYMENT, PaymentId
from kontorhaus.money.payments.model.payments import Status
from kontorhaus.money.payments.model.requests import CaptureBody, ConfirmationBody, NewPaymentBody
from kontorhaus.money.payments.queries import payments as queries
from kontorhaus.money.payments.views.payments import PaymentView, listed, payment_answer
from kontorhaus.people.parties import PARTY, PartyNotFound
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import Call, Page, route


class PaymentPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[Status | None, Meta(description="Only payments of this status.")] = None
    reference: Annotated[UUID | None, Meta(description="Only those collected for this.")] = None
    payer: Annotated[
        Annotated[str, Meta(pattern=f"{PARTY.pattern}(?!\\n)")] | None, Meta(description="Only this payer's.")
    ] = None


def means(call: Call[Any, Any]) -> Means:
    """What the call's actions go to providers with."""
    return Means(call.db, call.resources.keyring, call.resources.gateways)


@route(
    "POST",
    "/v1/payments",
    scope="payments:write",
    body=NewPaymentBody,
    answer=PaymentView,
    status=201,
    errors=(
        PaymentInvalid,
        PaymentIdReused,
        PaymentConnectionUnclear,
        PaymentConnectionUnfit,
        PaymentConnectionNotFound,
        PartyNotFound,
        LedgerEntityNotFound,
        LedgerAccountInvalid,
        CurrencyUnknown,
    ),
    idempotent=True,
    tag="Payments",
)
async def create_payment(call: Call[NewPaymentBody, None]) -> Answer:
    """Create a payment.

    Nothing is collected before it is confirmed with a payment method. What is captured stays on the payer's deposit.
    """
    return await creating.create_by_call(
        means(call), call.actor, call.once, new=call.body.new(), now=call.now
    )


@route(
    "GET",
    "/v1/payments",
    scope="payments:read",
    query=PaymentPage,
    list_of=PaymentView,
    errors=(PaymentInvalid,),
    tag="Payments",
)
async def list_payments(call: Call[None, PaymentPage]) -> Answer:
    """List payments, newest first: all, or by one filter. A list shows no `action_url`; a single payment does."""
    payer = None if call.query.payer is None else PARTY.parse(call.query.payer)
    found = await queries.payments(
        call.db,
        call.actor.org_id,
        status=call.query.status,
        reference=call.query.reference,
        payer=payer,
        before=call.after(PaymentId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=listed, position=lambda row: row.id)


@route(
    "GET",
    "/v1/payments/{payment_id}",
    scope="payments:read",
    answer=PaymentView,
    errors=(PaymentNotFound,),
    ids={"payment_id": PAYMENT},
    tag="Payments",
)
async def get_payment(call: Call[None, None]) -> Answer:
    """Read a payment."""
    return payment_answer(await queries.payment(call.db, call.actor.org_id, call.id(PAYMENT, "payment_id")))


@route(
    "POST",
    "/v1/payments/{payment_id}/confirm",
    scope="payments:write",
    body=ConfirmationBody,
    answer=PaymentView,
    errors=(PaymentNotFound, PaymentConflict, PaymentOperationOpen, PaymentConnectionUnfit),
    ids={"payment_id": PAYMENT},
    idempotent=True,
    accepts=True,
    tag="Payments",
)
async def confirm_payment(call: Call[ConfirmationBody, None]) -> Answer:
    """Try to collect a payment with a payment method.

    What came of it is the payment's status: `captured`, `authorized`, `requires_action` (send the payer to
    `action_url`), or `requires_payment_method` with an `error`, when another method may be tried. 202 means that it is
    not known yet; it is found out without another call, and the payment is never collected twice.
    """
    payment_id = call.id(PAYMENT, "payment_id")
    settings, org_id = call.resources.settings, call.actor.org_id
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    by = Confirmation(
        method=call.body.method,
        off_session=call.body.off_session,
        return_url=call.body.return_url,
        own_return=await address(call.resources.keyring, org_id, payment_id, base=base),
    )
    return await collecting.confirm(means(call), call.actor, call.once, payment_id, by=by, now=call.now)


@route(
    "POST",
    "/v1/payments/{payment_id}/capture",
    scope="payments:write",
    body=CaptureBody,
    answer=PaymentView,
    errors=(
        PaymentNotFound,
        PaymentConflict,
        PaymentOperationOpen,
        PaymentAmountExceeded,
        PaymentInvalid,
        CurrencyUnknown,
    ),
    ids={"payment_id": PAYMENT},
    idempotent=True,
    accepts=True,
    tag="Payments",
)
async def capture_payment(call: Call[CaptureBody, None]) -> Answer:
    """Capture an authorized payment, or a part of it.

    It is the last capture: what is not taken is released. 202 means that it is not known yet whether it was taken.
    """
    given = call.body.amount
    return await collecting.capture(
        means(call),
        call.actor,
        call.once,
        call.id(PAYMENT, "payment_id"),
        amount=None if given is None else given.money("/amount"),
        now=call.now,
    )


@route(
    "POST",
    "/v1/payments/{payment_id}/void",
    scope="payments:write",
    answer=PaymentView,
    errors=(PaymentNotFound, PaymentConflict, PaymentOperationOpen),
    ids={"payment_id": PAYMENT},
    idempotent=True,
    accepts=True,
    tag="Payments",
)
async def void_payment(call: Call[None, None]) -> Answer:
    """Cancel a payment that nothing was taken of; what was authorized is released."""
    return await collecting.void(
        means(call), call.actor, call.once, call.id(PAYMENT, "payment_id"), now=call.now
    )


ROUTES = (create_payment, list_payments, get_payment, confirm_payment, capture_payment, void_payment)
