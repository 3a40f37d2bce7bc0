"""What may go wrong with orders. None of these repeats what a line describes."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid, NotFound, Refused


class OrderNotFound(NotFound):
    """There is no order with this id in your organization."""

    code = "order_not_found"
    title = "No such order"


class OrderLineNotFound(NotFound):
    """The order has no line with this id."""

    code = "order_line_not_found"
    title = "No such line"


class OrderInvalid(Invalid):
    """A field of the order is of the right form and still wrong: a party without the role that it needs, lines in two
    currencies, a seller on a line of your own, an amount of zero. `errors` names every such field."""

    code = "order_invalid"
    title = "A field of the order is wrong"


class OrderFilterInvalid(Invalid):
    """Orders are listed by one filter at a time: status, buyer, seller or reference. `errors` names those that are too
    many."""

    code = "order_filter_invalid"
    title = "The list cannot be asked like this"


class OrderExists(Conflict):
    """There is an order, or a line, with the id that you chose, and it was created with other content: `field` names
    the first one that differs.

    The same id with the same content is the same order, and creating it again is no error.
    """

    code = "order_exists"
    title = "The id belongs to another order"


class OrderConflict(Conflict):
    """The order, or the line, is in a state in which this cannot happen: handing over what is not paid, canceling what
    was handed over, paying what was canceled. `status` says how it stands."""

    code = "order_conflict"
    title = "The order does not allow this"


class OrderPaymentOpen(Conflict):
    """A payment of this order is under way: `payment` names it, and `payment_status` says where it stands. Go on with
    that one, or void it, and repeat the call when it has ended.

    What a payment brings to which line is fixed when it is created; so nobody pays twice, and no price changes under
    a payment.
    """

    code = "order_payment_open"
    title = "A payment of the order is under way"


class OrderPaid(Conflict):
    """Nothing of this order is left to be paid."""

    code = "order_paid"
    title = "The order is paid"


class OrderLineReleased(Conflict):
    """The money for this line was released to its seller when the time for objections was over. It is between the buyer
    and the seller now; a later agreement is a payment of its own."""

    code = "order_line_released"
    title = "The seller has the money"


class OrderCutInvalid(Refused):
    """A price cut lowers the price of what is sold in a seller's name, by less than the whole price. To take the whole
    of it back, cancel the line. Lines of your own are corrected by canceling them and placing them anew, since tax
    stands on them."""

    code = "order_cut_invalid"
    title = "The price cannot be cut like this"


class OrderTooLarge(Refused):
    """An order of this size cannot be drawn: a drawing shows 100 transfers at most. Read the list instead."""

    code = "order_too_large"
    title = "Too much for a drawing"
