"""Orders: sales of several lines, each in a seller's name or in our own. What the buyer pays is kept line by line,
until it goes back to him or on to the seller."""

from kontorhaus.goods.orders.actions.checking import CHECKS as CHECKS
from kontorhaus.goods.orders.model.order import LINE as LINE
from kontorhaus.goods.orders.model.order import ORDER as ORDER
from kontorhaus.goods.orders.model.order import LineId as LineId
from kontorhaus.goods.orders.model.order import OrderId as OrderId
from kontorhaus.goods.orders.queries import order_snapshots as order_snapshots
