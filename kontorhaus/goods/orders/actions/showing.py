"""The answer to a change: the order as it stands in the same transaction."""

from __future__ import annotations

from kontorhaus.goods.orders.model.order import OrderId
from kontorhaus.goods.orders.store import whole
from kontorhaus.goods.orders.views import objects as views
from kontorhaus.kernel.ids import OrgId
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Tx


async def shown(tx: Tx, org_id: OrgId, order_id: OrderId) -> Answer:
    found = await whole.found(tx, org_id, order_id)
    return answer(views.order(found), version=found.order.version)
