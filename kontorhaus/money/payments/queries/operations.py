"""What one can read of operations: by the API, and by the operator's commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.payments.errors import OperationNotFound
from kontorhaus.money.payments.model.ids import OperationId, PaymentId
from kontorhaus.money.payments.model.operations import Operation, Status
from kontorhaus.money.payments.queries.payments import payment_in
from kontorhaus.money.payments.store import operations as store
from kontorhaus.money.payments.views.operations import OperationView
from kontorhaus.money.payments.views.operations import operation as view
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.db import Db, Tx

LAST: Final = UUID(int=2**128 - 1)
"""Where a list that shows the newest first begins."""


async def operation(db: Db, org_id: OrgId, operation_id: OperationId) -> Operation:
    """Raises OperationNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        found = await store.OPERATION.maybe(tx, org_id, operation_id)
    if found is None:
        raise OperationNotFound("there is no such operation")
    return found


async def operations(
    db: Db, org_id: OrgId, *, status: Status | None = None, before: OperationId | None, limit: int
) -> list[Operation]:
    """Newest first: all, or those of a status."""
    after = before or LAST
    async with db.org(org_id, read_only=True) as tx:
        if status is not None:
            return await store.OF_STATUS.all(tx, org_id, after, limit, status)
        return await store.OPERATIONS.all(tx, org_id, after, limit)


async def operations_of_payment(
    db: Db, org_id: OrgId, payment_id: PaymentId, *, before: OperationId | None, limit: int
) -> list[Operation]:
    """The tries, captures and voids of a payment, newest first. Raises PaymentNotFound."""
    async with db.org(org_id, read_only=True) as tx:
        await payment_in(tx, org_id, payment_id)
        return await store.OF_SUBJECT.all(tx, org_id, "payment", payment_id, before or LAST, limit)


async def unsettled(db: Db, *, limit: int) -> list[tuple[OrgId, Operation]]:
    """Operations of every organization whose end is not known, oldest first: for the operator's commands alone."""
    async with db.system(read_only=True) as tx:
        rows = await store.UNSETTLED.all(tx, limit)
        return [(OrgId(row.org_id), await store.OPERATION.one(tx, row.org_id, row.id)) for row in rows]


async def operation_snapshots(
    tx: Tx, ids: Sequence[UUID], viewer: Actor, version: str, now: datetime
) -> Mapping[UUID, OperationView]:
    """Snapshots of operations for the wire: none without the right to read payments."""
    del version, now
    if not viewer.may("payments:read"):
        return {}
    found = await store.EVERY.all(tx, viewer.org_id, list(ids))
    return {row.id: view(row) for row in found}
