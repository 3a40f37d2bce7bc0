"""What a provider is asked for: one struct for each kind of call that moves something.

`id` is the operation's: it is the provider's idempotency key, and stands in the metadata of what the call makes or
changes. An ask holds everything that the call says, so that it can be repeated to the byte; it is kept as MessagePack.
"""

from __future__ import annotations

from typing import Literal
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.money import Money


class Authorize(Struct, frozen=True, tag="authorize", kw_only=True):
    """Try to collect an amount with a payment method; `manual` holds it for a capture, otherwise it is taken at once.

    `method` is the provider's token of the method. `intent` is the provider's reference of the payment where an
    earlier try has made one: it is confirmed again, so that one payment never takes the money twice. `return_url` is
    where the payer's browser comes back to from his bank; `off_session` says that he is not there.
    """

    id: UUID
    payment: UUID
    amount: Money
    method: str
    manual: bool
    return_url: str | None = None
    customer: str | None = None
    off_session: bool = False
    description: str | None = None
    intent: str | None = None


class Capture(Struct, frozen=True, tag="capture", kw_only=True):
    """Take what was authorized, or a part of it; it is the last capture, and the provider releases the rest."""

    id: UUID
    payment: UUID
    intent: str
    amount: Money


class Void(Struct, frozen=True, tag="void", kw_only=True):
    """End a payment that has not been captured; what was authorized is released."""

    id: UUID
    payment: UUID
    intent: str


class RefundPayment(Struct, frozen=True, tag="refund", kw_only=True):
    """Give back a captured amount, or a part of it. `reason` is one of the provider-neutral three, or none."""

    id: UUID
    refund: UUID
    payment: UUID
    intent: str
    amount: Money
    reason: Literal["duplicate", "fraudulent", "requested_by_customer"] | None = None


class OpenSellerAccount(Struct, frozen=True, tag="open_seller_account", kw_only=True):
    """Open an account for a seller at the provider, who checks his identity and pays him out."""

    id: UUID
    account: UUID
    country: str
    email: str | None = None
    business_type: Literal["individual", "company"] | None = None

    def __repr__(self) -> str:
        return f"OpenSellerAccount(id={self.id}, account={self.account})"  # the e-mail address is personal


class LinkSellerAccount(Struct, frozen=True, tag="link_seller_account", kw_only=True):
    """A page of the provider on which a seller shows who he is. It opens once and for minutes; asking again makes
    another one and changes nothing else."""

    id: UUID
    account: UUID
    provider_account: str
    return_url: str
    refresh_url: str


class SendPayout(Struct, frozen=True, tag="send_payout", kw_only=True):
    """Move money from the provider's balance to a seller's account. `source` is the charge whose funds it waits for;
    `group` ties it to the payments of one sale."""

    id: UUID
    payout: UUID
    provider_account: str
    amount: Money
    group: str | None = None
    source: str | None = None


class ReversePayout(Struct, frozen=True, tag="reverse_payout", kw_only=True):
    """Take money of a payout back from the seller's account; `transfer` is the provider's reference of it."""

    id: UUID
    payout: UUID
    transfer: str
    amount: Money


Ask = (
    Authorize
    | Capture
    | Void
    | RefundPayment
    | OpenSellerAccount
    | LinkSellerAccount
    | SendPayout
    | ReversePayout
)
