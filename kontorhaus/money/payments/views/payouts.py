"""How payouts look at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.kernel.money import MoneyView
from kontorhaus.money.payments.model.ids import PAYMENT, PAYMENT_CONNECTION, PAYOUT, SELLER_ACCOUNT
from kontorhaus.money.payments.model.payouts import Payout
from kontorhaus.people.parties import PARTY


class PayoutView(Struct, frozen=True):
    id: str
    entity: Annotated[str, Meta(description="The legal entity that owes the money.")]
    seller: str
    connection: str
    amount: MoneyView
    status: Annotated[
        str,
        Meta(
            description="`planned` (it waits, see `reason` and `next_try_at`), `on_hold` (the seller's account is "
            "restricted or closed), `sending` (the provider is being asked), `paid` (it is on the seller's account at "
            "the provider), `returned` (all of it came back), `failed` (the provider will not do it) or `canceled`."
        ),
    ]
    reason: Annotated[
        str | None,
        Meta(
            description="Why it waits or failed: `no_seller_account`, `seller_account_pending`, "
            "`seller_account_restricted`, `seller_account_closed`, `balance_insufficient` (the provider's balance does "
            "not yet suffice), `credentials_refused`, `not_done` (the call did not arrive and is made again) or "
            "`refused`."
        ),
    ]
    seller_account: str | None
    source_payment: Annotated[
        str | None, Meta(description="The payment whose funds it is paid from, if it is tied to one.")
    ]
    transfer: Annotated[str | None, Meta(description="The provider's reference of the transfer.")]
    reversed: Annotated[MoneyView, Meta(description="What of it came back.")]
    reversing: Annotated[MoneyView, Meta(description="What the provider is being asked to take back.")]
    tries: Annotated[int, Meta(description="How often the provider was asked to send it.")]
    next_try_at: Annotated[
        datetime | None,
        Meta(
            description="When it is looked at again at the latest, in machine time; null when it does not wait."
        ),
    ]
    created_at: datetime
    paid_at: datetime | None
    ended_at: Annotated[datetime | None, Meta(description="When it was returned, failed or was canceled.")]
    version: int


def payout(found: Payout) -> PayoutView:
    account, source = found.seller_account_id, found.source_payment
    return PayoutView(
        id=PAYOUT.text(found.id),
        entity=PARTY.text(found.entity),
        seller=PARTY.text(found.seller),
        connection=PAYMENT_CONNECTION.text(found.connection_id),
        amount=MoneyView(found.amount, found.currency),
        status=found.status,
        reason=found.reason,
        seller_account=None if account is None else SELLER_ACCOUNT.text(account),
        source_payment=None if source is None else PAYMENT.text(source),
        transfer=found.transfer,
        reversed=MoneyView(found.reversed, found.currency),
        reversing=MoneyView(found.reversing, found.currency),
        tries=found.tries,
        next_try_at=found.next_try_at,
        created_at=found.created_at,
        paid_at=found.paid_at,
        ended_at=found.ended_at,
        version=found.version,
    )
