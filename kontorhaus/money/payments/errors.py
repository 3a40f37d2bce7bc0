"""What may go wrong with payments. None of these repeats a key, a card or a provider's sentence."""

from __future__ import annotations

from kontorhaus.kernel.errors import Conflict, Invalid, NotFound, Precondition, Refused, Unavailable

# Connections and gateways


class CredentialsRefused(Refused):
    """The provider does not take the connection's key: it was revoked, has expired, or may not do this. Nothing was
    done. Give the connection a new key with `rotate`, then ask again with `test`."""

    code = "payment_credentials_refused"
    title = "The provider does not take the key"


class ProviderRefused(Refused):
    """The provider understood what it was asked for and does not do it. `provider_code` is its own word for why."""

    code = "payment_provider_refused"
    title = "The provider refuses"


class ProviderUnavailable(Unavailable):
    """The provider could not be asked, or gave no answer. Nothing was changed here; try again."""

    code = "payment_provider_unavailable"
    title = "The provider could not be asked"


class PaymentConnectionNotFound(NotFound):
    """There is no payment connection with this id in your organization."""

    code = "payment_connection_not_found"
    title = "No such payment connection"


class PaymentConnectionInvalid(Invalid):
    """A field of the connection is of the right form and still wrong: a key that is not one of this provider, or of the
    other mode (a test organization takes test keys alone, a live one live keys), a webhook secret of another form, a
    party that is no legal entity of yours. `errors` names the field."""

    code = "payment_connection_invalid"
    title = "A field of the connection is wrong"


class PaymentConnectionExists(Conflict):
    """There is a connection with the id that you chose, and it was created with other content. The same id with the
    same content is the same connection."""

    code = "payment_connection_exists"
    title = "The id belongs to another connection"


class PaymentConnectionClosed(Conflict):
    """The connection is closed already. It begins no payment, and cannot be opened again: make a new one."""

    code = "payment_connection_closed"
    title = "The connection is closed"


class PaymentConnectionChanged(Precondition):
    """The connection has changed since you read it. Read it again, and repeat the change on what you find."""

    code = "payment_connection_changed"
    title = "The connection has moved on"


class PaymentAccountDiffers(Refused):
    """The new key opens another account of the provider than the connection's. What was sent before is remembered by
    the provider for its own account alone, so that a call repeated on another one could charge a second time. Make a
    new connection for the other account."""

    code = "payment_account_differs"
    title = "The key is one of another account"


# Payments, refunds and operations


class PaymentNotFound(NotFound):
    """There is no payment with this id in your organization."""

    code = "payment_not_found"
    title = "No such payment"


class PaymentConflict(Conflict):
    """The payment is in a state in which this cannot happen; `status` says in which. Read it, then decide anew."""

    code = "payment_conflict"
    title = "The payment does not allow this"


class PaymentOperationOpen(Conflict):
    """The provider is being asked about this payment already, or it is not known yet what he did. `operation` names
    the call and `kind` says what it is for. Nothing was done: wait until it is known, and never pay another way."""

    code = "payment_operation_open"
    title = "A call to the provider is open"
    should_retry = True
    retry_after_seconds = 2


class PaymentIdReused(Conflict):
    """The id belongs to another payment, refund or payout: `field` names the first field that differs. The same
    content again would have been answered as before."""

    code = "payment_id_reused"
    title = "The id belongs to another object"


class PaymentInvalid(Invalid):
    """A field of the payment is of the right form and still wrong: an amount of zero, or one that the allocations do
    not sum to; a time that has passed. `errors` names the field."""

    code = "payment_invalid"
    title = "A field of the payment is wrong"


class PaymentConnectionUnclear(Refused):
    """The legal entity has no active payment connection, or several: name the one that shall collect."""

    code = "payment_connection_unclear"
    title = "Which connection is not clear"


class PaymentConnectionUnfit(Refused):
    """The payment connection is closed, belongs to another legal entity, or cannot collect this currency, which must
    also be that of the entity's books."""

    code = "payment_connection_unfit"
    title = "The connection cannot collect this"


class PaymentAmountExceeded(Refused):
    """More than was authorized cannot be captured; `most` says how much can."""

    code = "payment_amount_exceeded"
    title = "More than was authorized"


class RefundNotFound(NotFound):
    """There is no refund with this id in your organization."""

    code = "refund_not_found"
    title = "No such refund"


class RefundConflict(Conflict):
    """The refund is in a state in which this cannot happen; `status` says in which."""

    code = "refund_conflict"
    title = "The refund does not allow this"


class RefundExceeded(Refused):
    """More than was captured and not yet given back cannot be refunded; `most` says how much can."""

    code = "refund_exceeded"
    title = "More than can be refunded"


class RefundAllocated(Refused):
    """The payment's money went to the shares of a sale. Give it back where it was sold, by the order or its line. Only
    what such a refund has left on the payer's deposit, because it did not arrive, is given back by the payment."""

    code = "refund_allocated"
    title = "Refund it where it was sold"


class SellerAccountNotFound(NotFound):
    """There is no seller account with this id in your organization."""

    code = "seller_account_not_found"
    title = "No such seller account"


class SellerAccountConflict(Conflict):
    """The seller account is in a state in which this cannot happen, such as a link to one that is closed."""

    code = "seller_account_conflict"
    title = "The seller account does not allow this"


class SellerAccountOpening(Conflict):
    """The provider is still being asked to open this seller account. Ask again in a moment."""

    code = "seller_account_opening"
    title = "The seller account is being opened"
    should_retry = True
    retry_after_seconds = 2


class SellerUnfit(Refused):
    """The party cannot have a seller account: it has not the role of a seller, or no country, or was erased. Give it
    what is missing first."""

    code = "seller_unfit"
    title = "Not a seller who can be paid"


class PayoutNotFound(NotFound):
    """There is no payout with this id in your organization."""

    code = "payout_not_found"
    title = "No such payout"


class PayoutConflict(Conflict):
    """The payout is in a state in which this cannot happen; `status` says in which. Read it, then decide anew."""

    code = "payout_conflict"
    title = "The payout does not allow this"


class PayoutOperationOpen(Conflict):
    """The provider is being asked about this payout already, or it is not known yet what it did; `operation` names
    the call. Nothing was done: wait until it is known."""

    code = "payout_operation_open"
    title = "A call to the provider is open"
    should_retry = True
    retry_after_seconds = 2


class PayoutInvalid(Invalid):
    """A field of the payout is of the right form and still wrong: an amount of zero, or a currency other than the
    payout's. `errors` names the field."""

    code = "payout_invalid"
    title = "A field of the payout is wrong"


class PayoutExceeded(Refused):
    """More than the seller still has of the payout cannot be taken back; `most` says how much can."""

    code = "payout_exceeded"
    title = "More than was paid out"


class OperationNotFound(NotFound):
    """There is no operation with this id in your organization."""

    code = "operation_not_found"
    title = "No such operation"


class OperationConflict(Conflict):
    """The operation is in a state in which this cannot happen; `status` says in which."""

    code = "operation_conflict"
    title = "The operation does not allow this"


class ReturnTokenInvalid(Refused):
    """The address was changed, or made for another payment. Open the one that came with the payment's action."""

    code = "payment_return_invalid"
    title = "Not an address of this payment"
