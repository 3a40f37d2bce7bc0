"""Sellers' accounts at the provider: opening one, and following what the provider finds out about the seller."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.time import utc_now
from kontorhaus.money.payments import events
from kontorhaus.money.payments.actions import connecting, operating
from kontorhaus.money.payments.errors import (
    PaymentConnectionUnfit,
    PaymentIdReused,
    SellerAccountConflict,
    SellerAccountNotFound,
    SellerUnfit,
)
from kontorhaus.money.payments.model import connections, operations
from kontorhaus.money.payments.model.asks import OpenSellerAccount
from kontorhaus.money.payments.model.deciding import Ending
from kontorhaus.money.payments.model.ids import (
    SELLER_ACCOUNT,
    OperationId,
    PaymentConnectionId,
    SellerAccountId,
)
from kontorhaus.money.payments.model.observations import Absent, Notice, ProviderDeclined, SellerAccountSeen
from kontorhaus.money.payments.model.operations import NewOperation
from kontorhaus.money.payments.model.sellers import (
    BUSINESS_TYPES,
    BusinessType,
    SellerAccount,
    Status,
    advance,
    opens,
    step_to,
)
from kontorhaus.money.payments.model.waiting import ACTIVATED, REFRESH, Activated, Refresh
from kontorhaus.money.payments.store import sellers as store
from kontorhaus.money.payments.views.sellers import seller_account as view
from kontorhaus.people import parties
from kontorhaus.people.parties import PARTY, Party, PartyId
from kontorhaus.platform import eventlog, jobs
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.db import Tx

DUE_MAX: Final = 100
"""Names of what a seller has to show that are kept: providers ask for some thirty at the most."""


async def begin_opening(
    tx: Tx,
    org_id: OrgId,
    account_id: SellerAccountId | None,
    party_id: PartyId,
    connection_id: PaymentConnectionId,
    operation: OperationId,
    *,
    now: datetime,
) -> SellerAccount | None:
    """Write down a seller's account and the call that opens it. None when there is nothing to open: he has one, or it
    is being opened. One that the provider refused to open is asked for again, with what is known of the party now;
    beside one that was closed another is opened.

    Raises PaymentConnectionNotFound, PaymentConnectionUnfit, PartyNotFound, SellerUnfit, PaymentIdReused,
    SellerAccountConflict.
    """
    connection = await connecting.connection_in(tx, org_id, connection_id)
    if connection.status != connections.Status.ACTIVE:
        raise PaymentConnectionUnfit("the connection is closed")
    country, business_type = _fit(await parties.party_in(tx, org_id, party_id))
    inserted = await store.INSERT.maybe(
        tx, org_id, account_id or SELLER_ACCOUNT.new(), party_id, connection.id, country, business_type, now
    )
    standing = await store.OF_PARTY.maybe(tx, org_id, connection.id, party_id)
    if standing is None:
        raise PaymentIdReused("the id belongs to another seller's account", field="party")
    if account_id is not None and standing.id != account_id:
        raise SellerAccountConflict(
            "the seller has an account at this connection", seller_account=SELLER_ACCOUNT.text(standing.id)
        )
    account = await store.LOCK.one(tx, org_id, standing.id)
    if not opens(account):
        return None
    begun = await store.BEGIN.one(tx, org_id, account.id, operation, country, business_type)
    ask = OpenSellerAccount(id=operation, account=account.id, country=country, business_type=business_type)
    await operating.claim(
        tx,
        org_id,
        NewOperation(
            ask=ask, subject_kind="seller_account", subject_id=account.id, connection_id=connection.id
        ),
        now=utc_now(),
    )
    if inserted is not None:
        await eventlog.append(tx, events.SellerAccountCreated(**_told(begun)), org_id=org_id)
    return begun


def _fit(party: Party) -> tuple[str, BusinessType]:
    head = party.summary
    if head.erased_at is not None or "seller" not in head.roles:
        raise SellerUnfit("the party is no seller, or was erased", party=PARTY.text(head.id))
    return head.country, BUSINESS_TYPES[head.kind]


async def lock(tx: Tx, org_id: OrgId, account_id: UUID) -> None:
    await _locked(tx, org_id, account_id)


async def version(tx: Tx, org_id: OrgId, account_id: UUID) -> int:
    return (await store.VERSION.one(tx, org_id, account_id)).version


async def shown(tx: Tx, org_id: OrgId, account_id: UUID) -> Answer:
    return made(await store.ACCOUNT.one(tx, org_id, account_id), status=201)


async def find(
    tx: Tx, org_id: OrgId, connection_id: PaymentConnectionId, notice: Notice
) -> operating.Known | None:
    """The account that a webhook is about: by what its metadata echo, or by its reference. None for one that was made
    by hand at the provider, and for one that another connection's provider shows."""
    if notice.object is not None:
        account = await store.ACCOUNT.maybe(tx, org_id, notice.object)
    else:
        account = await store.BY_PROVIDER.maybe(tx, org_id, connection_id, notice.reference)
    if account is None or account.connection_id != connection_id:
        return None
    return operating.Known(account.id, account.version, notice.reference)


async def apply(tx: Tx, org_id: OrgId, heard: operating.News) -> list[OperationId]:
    """Carry out what the provider says of a seller. An account that is activated sends what waited for it."""
    account = await _locked(tx, org_id, heard.subject_id)
    match heard.said:
        case SellerAccountSeen():
            return await _seen(tx, org_id, account, heard, heard.said)
        case ProviderDeclined():
            return await _not_opened(tx, org_id, account, heard, heard.said.code.value)
        case Absent():
            return await _not_opened(tx, org_id, account, heard, "not_done")
        case _:
            raise AssertionError("of a seller account itself is told")


async def _locked(tx: Tx, org_id: OrgId, account_id: UUID) -> SellerAccount:
    found = await store.LOCK.maybe(tx, org_id, account_id)
    if found is None:
        raise SellerAccountNotFound("there is no such seller account")
    return found


async def _seen(
    tx: Tx, org_id: OrgId, account: SellerAccount, heard: operating.News, seen: SellerAccountSeen
) -> list[OperationId]:
    operation = heard.operation or await operating.open_of(tx, org_id, account.id)
    if account.provider_account not in (None, seen.reference) or seen.account not in (None, account.id):
        if operation is not None and not operation.review and operation.sent_at is not None:
            await operating.doubt(tx, org_id, operation, "mismatch_reference")
        return []
    if heard.fence != account.version and account.provider_account is not None:
        # Something was learned since the provider was asked, and nobody knows which of the two is newer.
        await look_again(tx, org_id, account)
        step, due = None, account.due
    else:
        step, due = step_to(account, seen.status), sorted(seen.due)[:DUE_MAX]
    ended: list[OperationId] = []
    if operation is not None:
        ending = Ending(operations.Step.SUCCEED)
        ended.append(await operating.end(tx, org_id, operation, ending, said=seen))
    if step is None and account.provider_account is not None and due == account.due:
        return ended
    moved = await store.MOVE.one(
        tx,
        org_id,
        account.id,
        account.status,
        account.status if step is None else advance(account, step),
        due,
        seen.reference,
        heard.now,
    )
    if step is not None and moved.status == Status.ACTIVE:
        await jobs.enqueue(tx, ACTIVATED.job(org_id, Activated(moved.id)), now=utc_now())
    await eventlog.append(tx, _news(account, moved), org_id=org_id)
    return ended


async def look_again(tx: Tx, org_id: OrgId, account: SellerAccount) -> None:
    """Have the provider asked once more how an account stands."""
    job = REFRESH.job(org_id, Refresh(account.id), due_at=utc_now())
    await jobs.enqueue(tx, job, now=utc_now())


def _news(before: SellerAccount, after: SellerAccount) -> eventlog.Fact:
    told = _told(after)
    if after.status != before.status:
        match Status(after.status):
            case Status.ACTIVE:
                return events.SellerAccountActivated(**told)
            case Status.CLOSED:
                return events.SellerAccountClosed(**told)
            case Status.RESTRICTED | Status.PENDING:
                return events.SellerAccountRestricted(**told)
    if before.provider_account is None:
        return events.SellerAccountOpened(**told)
    return events.SellerAccountDueChanged(**told, due=len(after.due))


async def _not_opened(
    tx: Tx, org_id: OrgId, account: SellerAccount, heard: operating.News, reason: str
) -> list[OperationId]:
    """Nothing was opened; the account may be asked for again."""
    if heard.operation is None:
        return []
    ending = Ending(operations.Step.FAIL, reason)
    ended = await operating.end(tx, org_id, heard.operation, ending, said=heard.said)
    if account.operation_id == heard.operation.id:
        refused = await store.REFUSE.one(tx, org_id, account.id, reason)
        fact = events.SellerAccountRefused(**_told(refused), reason=reason)
        await eventlog.append(tx, fact, org_id=org_id)
    return [ended]


def _told(account: SellerAccount) -> dict[str, Any]:
    return {
        "subject": account.id,
        "party": account.party,
        "status": account.status,
        "version": account.version,
    }


def made(account: SellerAccount, *, status: int) -> Answer:
    shown = view(account)
    return answer(shown, status=status, version=account.version, location=f"/v1/seller_accounts/{shown.id}")


operating.register(
    "seller_account", operating.Kind(lock=lock, version=version, apply=apply, answer=shown, find=find)
)
