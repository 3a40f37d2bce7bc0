"""How seller accounts look at the edge."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

from kontorhaus.money.payments.model.ids import PAYMENT_CONNECTION, SELLER_ACCOUNT
from kontorhaus.money.payments.model.observations import LinkSeen
from kontorhaus.money.payments.model.sellers import SellerAccount
from kontorhaus.people.parties import PARTY


class SellerAccountView(Struct, frozen=True):
    id: str
    party: Annotated[str, Meta(description="The seller.")]
    connection: Annotated[str, Meta(description="At whose provider the account is.")]
    country: str
    status: Annotated[
        str,
        Meta(
            description="`pending` (the provider does not know yet who the seller is), `active`, `restricted` (the "
            "provider wants more of him: new payouts wait) or `closed` (for good)."
        ),
    ]
    due: Annotated[
        list[str],
        Meta(description="What the seller still has to show, in the provider's words; send him a link."),
    ]
    reason: Annotated[
        str | None,
        Meta(description="Why the provider refused to open it. Create it again once that is mended."),
    ]
    provider_account: Annotated[
        str | None, Meta(description="The provider's reference; null until the provider has opened it.")
    ]
    created_at: datetime
    activated_at: Annotated[datetime | None, Meta(description="When it became active for the first time.")]
    closed_at: datetime | None
    version: int


class OnboardingLinkView(Struct, frozen=True):
    url: Annotated[
        str,
        Meta(
            description="A page of the provider. It opens once, for the seller alone: whoever has the address can "
            "act as him. It is kept nowhere."
        ),
    ]
    expires_at: datetime


def seller_account(found: SellerAccount) -> SellerAccountView:
    return SellerAccountView(
        id=SELLER_ACCOUNT.text(found.id),
        party=PARTY.text(found.party),
        connection=PAYMENT_CONNECTION.text(found.connection_id),
        country=found.country,
        status=found.status,
        due=found.due,
        reason=found.reason,
        provider_account=found.provider_account,
        created_at=found.created_at,
        activated_at=found.activated_at,
        closed_at=found.closed_at,
        version=found.version,
    )


def onboarding_link(seen: LinkSeen) -> OnboardingLinkView:
    return OnboardingLinkView(url=seen.url, expires_at=seen.expires_at)
