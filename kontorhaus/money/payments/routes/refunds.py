"""The API of refunds."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kontorhaus.kernel.money import CurrencyUnknown
from kontorhaus.money.ledger import LedgerBalanceInsufficient
from kontorhaus.money.payments.actions import giving_back
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.errors import (
    PaymentConflict,
    PaymentIdReused,
    PaymentInvalid,
    PaymentNotFound,
    PaymentOperationOpen,
    RefundAllocated,
    RefundExceeded,
    RefundNotFound,
)
from kontorhaus.money.payments.model.ids import PAYMENT, REFUND, RefundId
from kontorhaus.money.payments.model.refunds import Status
from kontorhaus.money.payments.model.requests import RefundBody
from kontorhaus.money.payments.queries import refunds as queries
from kontorhaus.money.payments.views.refunds import RefundView, refund, refund_answer
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import Call, Page, route


class RefundPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[Status | None, Meta(description="Only refunds of this status.")] = None
    payment: Annotated[
        Annotated[str, Meta(pattern=f"{PAYMENT.pattern}(?!\\n)")] | None,
        Meta(description="Only those of this payment."),
    ] = None


@route(
    "POST",
    "/v1/payments/{payment_id}/refunds",
    scope="payments:write",
    body=RefundBody,
    answer=RefundView,
    status=201,
    errors=(
        PaymentNotFound,
        PaymentConflict,
        PaymentOperationOpen,
        PaymentInvalid,
        PaymentIdReused,
        RefundExceeded,
        RefundAllocated,
        LedgerBalanceInsufficient,
        CurrencyUnknown,
    ),
    ids={"payment_id": PAYMENT},
    idempotent=True,
    accepts=True,
    tag="Payments",
)
async def create_refund(call: Call[RefundBody, None]) -> Answer:
    """Give a captured payment back, or a part of it.

    The amount is set apart on the payer's deposit at once. Most refunds are `pending` for some days before the payer's
    bank has them; one that fails puts the money back on the deposit. Money of a sale is given back by its order.
    """
    given = call.body.amount
    return await giving_back.refund(
        Means(call.db, call.resources.keyring, call.resources.gateways),
        call.actor,
        call.once,
        call.id(PAYMENT, "payment_id"),
        refund_id=REFUND.new() if call.body.id is None else REFUND.parse(call.body.id),
        amount=None if given is None else given.money("/amount"),
        reason=call.body.reason,
        now=call.now,
    )


@route(
    "GET",
    "/v1/refunds",
    scope="payments:read",
    query=RefundPage,
    list_of=RefundView,
    errors=(PaymentInvalid,),
    tag="Payments",
)
async def list_refunds(call: Call[None, RefundPage]) -> Answer:
    """List refunds, newest first: all, or by one filter."""
    found = await queries.refunds(
        call.db,
        call.actor.org_id,
        status=call.query.status,
        payment=None if call.query.payment is None else PAYMENT.parse(call.query.payment),
        before=call.after(RefundId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=refund, position=lambda row: row.id)


@route(
    "GET",
    "/v1/refunds/{refund_id}",
    scope="payments:read",
    answer=RefundView,
    errors=(RefundNotFound,),
    ids={"refund_id": REFUND},
    tag="Payments",
)
async def get_refund(call: Call[None, None]) -> Answer:
    """Read a refund."""
    found = await queries.refund(call.db, call.actor.org_id, call.id(REFUND, "refund_id"))
    return refund_answer(found, status=200)


ROUTES = (create_refund, list_refunds, get_refund)
