"""The API of seller accounts."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from kontorhaus.kernel.ids import SUFFIX
from kontorhaus.money.payments.actions import opening
from kontorhaus.money.payments.actions.operating import Means
from kontorhaus.money.payments.errors import (
    CredentialsRefused,
    PaymentConnectionNotFound,
    PaymentConnectionUnfit,
    PaymentIdReused,
    ProviderRefused,
    ProviderUnavailable,
    SellerAccountConflict,
    SellerAccountNotFound,
    SellerAccountOpening,
    SellerUnfit,
)
from kontorhaus.money.payments.model.ids import SELLER_ACCOUNT, SellerAccountId
from kontorhaus.money.payments.model.seller_requests import NewSellerAccount, OnboardingRequest
from kontorhaus.money.payments.model.sellers import Status
from kontorhaus.money.payments.queries import sellers as queries
from kontorhaus.money.payments.views.sellers import (
    OnboardingLinkView,
    SellerAccountView,
    seller_account,
)
from kontorhaus.people.parties import PARTY, PartyNotFound
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route


class SellerAccountPage(Page, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: Annotated[Status | None, Meta(description="Only seller accounts of this status.")] = None
    party: Annotated[
        Annotated[str, Meta(pattern=f"^{PARTY.prefix}_{SUFFIX}$(?!\\n)")] | None,
        Meta(description="Only those of this seller."),
    ] = None


def _means(call: Call[Any, Any]) -> Means:
    found = call.resources
    return Means(found.db, found.keyring, found.gateways)


@route(
    "POST",
    "/v1/seller_accounts",
    scope="seller_accounts:write",
    body=NewSellerAccount,
    answer=SellerAccountView,
    status=201,
    errors=(
        PartyNotFound,
        SellerUnfit,
        PaymentConnectionNotFound,
        PaymentConnectionUnfit,
        PaymentIdReused,
        SellerAccountConflict,
    ),
    idempotent=True,
    accepts=True,
    tag="Sellers",
)
async def create_seller_account(call: Call[NewSellerAccount, None]) -> Answer:
    """Open a seller's account at the provider.

    The provider checks who the seller is and pays him out; no payout goes out before. A seller has one account at a
    connection: opening it again answers the one that is there. What he must show he tells the provider alone, on the
    page that `POST /v1/seller_accounts/{seller_account_id}/onboarding_link` leads to. If the provider refuses to open
    it, `reason` says why, and the same call under a new key asks anew.
    """
    return await opening.open_account(_means(call), call.actor, call.once, new=call.body, now=call.now)


@route(
    "GET",
    "/v1/seller_accounts",
    scope="seller_accounts:read",
    query=SellerAccountPage,
    list_of=SellerAccountView,
    tag="Sellers",
)
async def list_seller_accounts(call: Call[None, SellerAccountPage]) -> Answer:
    """List seller accounts, newest first."""
    party = call.query.party
    found = await queries.seller_accounts(
        call.db,
        call.actor.org_id,
        status=call.query.status,
        party=None if party is None else PARTY.parse(party),
        before=call.after(SellerAccountId),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=seller_account, position=lambda row: row.id)


@route(
    "GET",
    "/v1/seller_accounts/{seller_account_id}",
    scope="seller_accounts:read",
    answer=SellerAccountView,
    errors=(SellerAccountNotFound,),
    ids={"seller_account_id": SELLER_ACCOUNT},
    tag="Sellers",
)
async def get_seller_account(call: Call[None, None]) -> Answer:
    """Read a seller account.

    Its status follows the provider's webhooks; `POST /v1/seller_accounts/{seller_account_id}/refresh` asks at once.
    """
    found = await queries.seller_account(
        call.db, call.actor.org_id, call.id(SELLER_ACCOUNT, "seller_account_id")
    )
    return answer(seller_account(found), version=found.version)


@route(
    "POST",
    "/v1/seller_accounts/{seller_account_id}/onboarding_link",
    scope="seller_accounts:write",
    body=OnboardingRequest,
    answer=OnboardingLinkView,
    errors=(
        SellerAccountNotFound,
        SellerAccountOpening,
        SellerAccountConflict,
        CredentialsRefused,
        ProviderRefused,
        ProviderUnavailable,
    ),
    ids={"seller_account_id": SELLER_ACCOUNT},
    idempotent=True,
    tag="Sellers",
)
async def create_onboarding_link(call: Call[OnboardingRequest, None]) -> Answer:
    """Get a link for the seller.

    It leads to a page of the provider on which he shows who he is. Send him there at once: the link opens once, and
    within minutes; ask under another key for another one. Check who the seller is before you show it: whoever has the
    link can act as him.
    """
    return await opening.link(
        _means(call), call.actor, call.once, call.id(SELLER_ACCOUNT, "seller_account_id"), wanted=call.body
    )


@route(
    "POST",
    "/v1/seller_accounts/{seller_account_id}/refresh",
    scope="seller_accounts:write",
    answer=SellerAccountView,
    errors=(SellerAccountNotFound, ProviderUnavailable),
    ids={"seller_account_id": SELLER_ACCOUNT},
    idempotent=True,
    tag="Sellers",
)
async def refresh_seller_account(call: Call[None, None]) -> Answer:
    """Ask the provider how the seller stands.

    For when he comes back from the link, and for a webhook that was lost.
    """
    return await opening.refresh_by_call(
        _means(call), call.actor, call.once, call.id(SELLER_ACCOUNT, "seller_account_id")
    )


ROUTES = (
    create_seller_account,
    list_seller_accounts,
    get_seller_account,
    create_onboarding_link,
    refresh_seller_account,
)
