"""The nouns of payments: whose ids have which prefix and which type."""

from __future__ import annotations

from typing import Final, NewType
from uuid import UUID

from kontorhaus.kernel.ids import Noun

PaymentId = NewType("PaymentId", UUID)
RefundId = NewType("RefundId", UUID)
OperationId = NewType("OperationId", UUID)
PaymentConnectionId = NewType("PaymentConnectionId", UUID)
SellerAccountId = NewType("SellerAccountId", UUID)
PayoutId = NewType("PayoutId", UUID)

PAYMENT: Final = Noun("pay", PaymentId)
REFUND: Final = Noun("ref", RefundId)
OPERATION: Final = Noun("op", OperationId)
PAYMENT_CONNECTION: Final = Noun("conn", PaymentConnectionId)
SELLER_ACCOUNT: Final = Noun("sacc", SellerAccountId)
PAYOUT: Final = Noun("po", PayoutId)

Reference = NewType("Reference", UUID)
"""What another room, or a caller, collects or pays for: an id of a noun that payments do not know, shown as a UUID."""
