"""The jobs that look after payouts that wait, and after the sellers for whom they do."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from kontorhaus.money.payments.model.ids import PayoutId, SellerAccountId
from kontorhaus.platform.jobs import Kind, Queue

PAYOUTS: Final = Queue("payouts", slots=2)
"""Each is a transaction or a page of them, and nobody waits for it: two at a time leave the worker to the others."""


class Try(Struct, frozen=True):
    """Look at a payout again. `waits` fences it: of one that was put off again meanwhile another job looks after."""

    payout_id: PayoutId
    waits: int


class Activated(Struct, frozen=True):
    """Send what waited for a seller who may now be paid."""

    account_id: SellerAccountId


class Refresh(Struct, frozen=True):
    """Ask the provider how a seller's account stands."""

    account_id: SellerAccountId


TRY: Final = Kind("payouts.try", Try, PAYOUTS)
ACTIVATED: Final = Kind("payouts.seller_activated", Activated, PAYOUTS)
REFRESH: Final = Kind("seller_accounts.refresh", Refresh, PAYOUTS)
