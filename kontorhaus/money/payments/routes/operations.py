"""The API of operations: what providers were asked for, and what came of it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from kontorhaus.money.payments.errors import OperationNotFound, PaymentNotFound
from kontorhaus.money.payments.model.ids import OPERATION, PAYMENT, OperationId
from kontorhaus.money.payments.model.operations import Status
from kontorhaus.money.payments.queries import operations as queries
from kontorhaus.money.payments.views.operations import OperationView, operation
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route


class OperationPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[Status | None, Meta(description="Only operations of this status.")] = None


@route(
    "GET",
    "/v1/operations",
    scope="payments:read",
    query=OperationPage,
    list_of=OperationView,
    tag="Payments",
)
async def list_operations(call: Call[None, OperationPage]) -> Answer:
    """List calls to providers, newest first. `unknown` ones are being found out about."""
    found = await queries.operations(
        call.db,
        call.actor.org_id,
        status=call.query.status,
        before=call.after(OperationId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=operation, position=lambda row: row.id)


@route(
    "GET",
    "/v1/operations/{operation_id}",
    scope="payments:read",
    answer=OperationView,
    errors=(OperationNotFound,),
    ids={"operation_id": OPERATION},
    tag="Payments",
)
async def get_operation(call: Call[None, None]) -> Answer:
    """Read a call to a provider."""
    found = await queries.operation(call.db, call.actor.org_id, call.id(OPERATION, "operation_id"))
    return answer(operation(found))


@route(
    "GET",
    "/v1/payments/{payment_id}/operations",
    scope="payments:read",
    query=Page,
    list_of=OperationView,
    errors=(PaymentNotFound,),
    ids={"payment_id": PAYMENT},
    tag="Payments",
)
async def list_payment_operations(call: Call[None, Page]) -> Answer:
    """List the tries, captures and voids of a payment, newest first; a failed try says why."""
    found = await queries.operations_of_payment(
        call.db,
        call.actor.org_id,
        call.id(PAYMENT, "payment_id"),
        before=call.after(OperationId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=operation, position=lambda row: row.id)


ROUTES = (list_operations, get_operation, list_payment_operations)
