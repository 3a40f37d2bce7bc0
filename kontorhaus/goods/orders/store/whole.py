"""An order read whole: four statements that belong together."""

from __future__ import annotations

from kontorhaus.goods.orders.errors import OrderNotFound
from kontorhaus.goods.orders.model.order import OrderId
from kontorhaus.goods.orders.store import money
from kontorhaus.goods.orders.store import orders as store
from kontorhaus.goods.orders.views.objects import Found
from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.db import Tx


async def found(tx: Tx, org_id: OrgId, order_id: OrderId) -> Found:
    """An order with what belongs to it, all of one moment: each statement sees what was committed before it, so if the
    version has moved on meanwhile everything is read anew. OrderNotFound."""
    order = await store.ORDER.maybe(tx, org_id, order_id)
    while order is not None:
        whole = Found(
            order=order,
            lines=await store.LINES.all(tx, org_id, order_id),
            parts=await money.PARTS.all(tx, org_id, order_id),
            payments=await money.PAYMENTS.all(tx, org_id, order_id),
        )
        order = await store.ORDER.one(tx, org_id, order_id)
        if order.version == whole.order.version:
            return whole
    raise OrderNotFound("there is no such order")
