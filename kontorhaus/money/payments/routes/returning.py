"""Where a payer's browser comes back to from his bank."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.actions.returning import come_back
from kontorhaus.money.payments.errors import PaymentConflict, ReturnTokenInvalid
from kontorhaus.money.payments.model.ids import PAYMENT
from kontorhaus.platform.answers import Answer
from kontorhaus.platform.http import Call, route

Added = Annotated[
    Annotated[str, Meta(max_length=500)] | None,
    Meta(description="Added by the provider, and not looked at."),
]


class ReturnQuery(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    token: Annotated[str, Meta(min_length=1, max_length=100, description="Says whose payment it is.")]
    payment_intent: Added = None
    payment_intent_client_secret: Added = None
    redirect_status: Added = None
    source_type: Added = None
    source_redirect_slug: Added = None


@route(
    "GET",
    "/v1/payments/{payment_id}/return",
    scope=None,
    query=ReturnQuery,
    status=303,
    errors=(ReturnTokenInvalid, PaymentConflict),
    ids={"payment_id": PAYMENT},
    tag="Payments",
)
async def return_from_bank(call: Call[None, ReturnQuery]) -> Answer:
    """Come back from the bank.

    For the payer's browser alone: it asks the provider what became of the payment and leads on to the payment's
    `return_url`, with `payment` and `status` added. What is added is for the page that the payer sees; deliver nothing
    for it, but for the payment itself.
    """
    means = Means(call.db, call.resources.keyring, call.resources.gateways)
    return await come_back(means, call.id(PAYMENT, "payment_id"), call.query.token)


ROUTES = (return_from_bank,)
