"""What one can do with seller accounts: have one opened, get a link for the seller, ask how it stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.money.payments.actions import onboarding, operating
from kontorhaus.money.payments.actions.collecting import RESUMER
from kontorhaus.money.payments.actions.connecting import gateway_of
from kontorhaus.money.payments.actions.onboarding import made
from kontorhaus.money.payments.errors import (
    CredentialsRefused,
    ProviderRefused,
    ProviderUnavailable,
    SellerAccountConflict,
    SellerAccountNotFound,
    SellerAccountOpening,
)
from kontorhaus.money.payments.model.asks import LinkSellerAccount
from kontorhaus.money.payments.model.ids import (
    OPERATION,
    PAYMENT_CONNECTION,
    SELLER_ACCOUNT,
    SellerAccountId,
)
from kontorhaus.money.payments.model.observations import (
    LinkSeen,
    ProviderDeclined,
    RefusalCode,
    SellerAccountSeen,
    SellerAccountStatus,
    Subject,
)
from kontorhaus.money.payments.model.seller_requests import NewSellerAccount, OnboardingRequest
from kontorhaus.money.payments.model.sellers import SellerAccount, Status
from kontorhaus.money.payments.store import operations as operations_store
from kontorhaus.money.payments.store import sellers as store
from kontorhaus.money.payments.views.sellers import onboarding_link
from kontorhaus.money.payments.views.sellers import seller_account as view
from kontorhaus.people import access
from kontorhaus.people.parties import PARTY
from kontorhaus.platform import clocks
from kontorhaus.platform.actor import Actor
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Db, Tx
from kontorhaus.platform.idempotency import Once, Resume, one_phase, two_phase
from kontorhaus.platform.outbound import NotSent, Unknown

PATIENCE: Final = timedelta(seconds=20)
"""How long a caller waits for the provider to open an account, which takes it a few seconds."""


class _Stands(Exception):
    """There is nothing to open: the seller has an account at the connection, or it is being opened."""


async def open_account(
    means: operating.Means, actor: Actor, once: Once, *, new: NewSellerAccount, now: datetime
) -> Answer:
    """Open a seller's account at the provider, once for a seller and connection: the second time answers the one that
    is there, as it stands. One that the provider had refused to open is asked for again; beside one that was closed
    another is opened.

    Raises PaymentConnectionNotFound, PaymentConnectionUnfit, PartyNotFound, SellerUnfit, PaymentIdReused,
    SellerAccountConflict.
    """
    org_id, operation = actor.org_id, OPERATION.new()
    party, connection = PARTY.parse(new.party), PAYMENT_CONNECTION.parse(new.connection)
    wanted = None if new.id is None else SELLER_ACCOUNT.parse(new.id)

    async def begin(tx: Tx) -> None:
        begun = await onboarding.begin_opening(tx, org_id, wanted, party, connection, operation, now=now)
        if begun is None:
            raise _Stands
        await access.record(
            tx, actor, "seller_account.created", SELLER_ACCOUNT.prefix, begun.id, ["party", "connection"]
        )

    async def as_it_stands(tx: Tx) -> Answer:
        found = await store.OF_PARTY.maybe(tx, org_id, connection, party)
        assert found is not None, "what stands in the way is there"
        return made(found, status=201)

    async def interim(tx: Tx, subject: UUID) -> Answer:
        claimed = await operations_store.OPERATION.one(tx, org_id, subject)
        return made(await store.ACCOUNT.one(tx, org_id, claimed.subject_id), status=202)

    try:
        return await two_phase(
            means.db,
            means.keyring,
            once,
            resume=Resume(RESUMER, operation),
            begin=begin,
            finish=lambda subject: operating.finish(means, org_id, subject),
            interim=interim,
            patience=PATIENCE,
        )
    except _Stands:
        return await one_phase(means.db.org(org_id), means.keyring, once, as_it_stands)


async def link(
    means: operating.Means,
    actor: Actor,
    once: Once,
    account_id: SellerAccountId,
    *,
    wanted: OnboardingRequest,
) -> Answer:
    """A page of the provider on which the seller shows who he is. Whoever has its address can act as him, so it is kept
    with the answer alone, sealed, and each key makes another one. A repeated call asks the provider too, which changes
    nothing, and is then answered as the first one was.

    Raises SellerAccountNotFound, SellerAccountOpening, SellerAccountConflict, CredentialsRefused, ProviderRefused,
    ProviderUnavailable.
    """
    account = await _read(means.db, actor.org_id, account_id)
    provider_account = _opened(account)
    gateway, credentials = await gateway_of(
        means.db, means.keyring, means.gateways, actor.org_id, account.connection_id
    )
    ask = LinkSellerAccount(
        id=uuid7(),
        account=account.id,
        provider_account=provider_account,
        return_url=wanted.return_url,
        refresh_url=wanted.refresh_url,
    )
    try:
        said = await gateway.send(credentials, ask)
    except (NotSent, Unknown):
        raise ProviderUnavailable("the provider gave no link; ask again") from None
    if isinstance(said, ProviderDeclined):
        if said.code is RefusalCode.CREDENTIALS:
            raise CredentialsRefused("the provider does not take the key", provider_code=said.provider_code)
        raise ProviderRefused("the provider gives no link", provider_code=said.provider_code)
    assert isinstance(said, LinkSeen), "who asks for a link gets one"

    async def note(tx: Tx) -> Answer:
        await access.record(tx, actor, "seller_account.link_made", SELLER_ACCOUNT.prefix, account.id, [])
        return answer(onboarding_link(said), secret=True)

    return await one_phase(means.db.org(actor.org_id), means.keyring, once, note)


def _opened(account: SellerAccount) -> str:
    """The provider's reference of an account that a seller can be sent to."""
    text = SELLER_ACCOUNT.text(account.id)
    if account.status == Status.CLOSED:
        raise SellerAccountConflict("the account is closed", seller_account=text, status=account.status)
    if account.provider_account is not None:
        return account.provider_account
    if account.operation_id is not None:
        raise SellerAccountOpening("the provider is being asked to open it", seller_account=text)
    raise SellerAccountConflict("the provider refused to open it", seller_account=text, reason=account.reason)


async def refresh_seller_account(means: operating.Means, org_id: OrgId, account_id: SellerAccountId) -> None:
    """Ask the provider how a seller stands, for a webhook that was lost; nothing to ask of one that is not opened yet.

    Raises SellerAccountNotFound, NotSent, Unknown.
    """
    account = await _read(means.db, org_id, account_id)
    if account.provider_account is None:
        return
    gateway, credentials = await gateway_of(
        means.db, means.keyring, means.gateways, org_id, account.connection_id
    )
    seen = await gateway.retrieve(credentials, Subject.SELLER_ACCOUNT, account.provider_account)
    if seen is None:
        # The seller has let go of the platform, or the provider has deleted him.
        seen = SellerAccountSeen(reference=account.provider_account, status=SellerAccountStatus.CLOSED)
    assert isinstance(seen, SellerAccountSeen), "of a seller account itself is told"

    async def carry_out(tx: Tx) -> None:
        await onboarding.lock(tx, org_id, account_id)
        heard = operating.News(account_id, None, seen, account.version, await clocks.now(tx, org_id))
        await onboarding.apply(tx, org_id, heard)

    await means.db.org(org_id).run(carry_out)


async def refresh_by_call(
    means: operating.Means, actor: Actor, once: Once, account_id: SellerAccountId
) -> Answer:
    """The same for a caller who waits. Asking twice changes nothing, so a repeated call asks too, and is then answered
    as the first one was. Raises SellerAccountNotFound, ProviderUnavailable."""
    try:
        await refresh_seller_account(means, actor.org_id, account_id)
    except (NotSent, Unknown):
        raise ProviderUnavailable("the provider could not be asked") from None

    async def as_it_stands(tx: Tx) -> Answer:
        found = await store.ACCOUNT.one(tx, actor.org_id, account_id)
        return answer(view(found), version=found.version)

    return await one_phase(means.db.org(actor.org_id), means.keyring, once, as_it_stands)


async def _read(db: Db, org_id: OrgId, account_id: SellerAccountId) -> SellerAccount:
    async with db.org(org_id, read_only=True) as tx:
        found = await store.ACCOUNT.maybe(tx, org_id, account_id)
    if found is None:
        raise SellerAccountNotFound("there is no such seller account")
    return found
