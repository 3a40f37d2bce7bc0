"""The API of transfers, entry sets and holds. Their ids are their idempotency keys."""

from __future__ import annotations

from typing import Final

from kontorhaus.kernel.money import CurrencyUnknown
from kontorhaus.money.ledger.actions import calling, showing
from kontorhaus.money.ledger.errors import (
    LedgerAccountInvalid,
    LedgerBalanceInsufficient,
    LedgerBusy,
    LedgerDrawingTooLarge,
    LedgerEntityNotFound,
    LedgerEntryInvalid,
    LedgerEntrySetNotFound,
    LedgerHoldEnded,
    LedgerHoldExceeded,
    LedgerHoldNotFound,
    LedgerIdReused,
    LedgerPeriodLocked,
    LedgerRouteClosed,
    LedgerTransferNotFound,
)
from kontorhaus.money.ledger.model.entries import HOLD, TRANSFER
from kontorhaus.money.ledger.model.requests import (
    HoldPosting,
    HoldVoiding,
    NewEntrySet,
    NewTransfers,
    SingleHold,
    SingleTransfer,
)
from kontorhaus.money.ledger.model.shown import ENTRY_SET
from kontorhaus.money.ledger.views import objects as views
from kontorhaus.money.ledger.views.drawing import drawing
from kontorhaus.money.ledger.views.objects import BulkView, EntrySetView, EntryView, HoldView, TransferView
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.answers import Answer, answer
from kontorhaus.platform.http import Call, Page, route

BULK_BYTES_MAX: Final = 6 * 1_048_576
"""Ten thousand entries with all their fields take some 500 bytes each."""

POSTING = (
    LedgerEntityNotFound,
    LedgerEntryInvalid,
    LedgerAccountInvalid,
    CurrencyUnknown,
    LedgerRouteClosed,
    LedgerBalanceInsufficient,
    LedgerPeriodLocked,
    LedgerIdReused,
    LedgerBusy,
)

ENDING = (
    LedgerHoldNotFound,
    LedgerHoldEnded,
    LedgerHoldExceeded,
    LedgerEntryInvalid,
    CurrencyUnknown,
    LedgerPeriodLocked,
    LedgerBalanceInsufficient,
    LedgerIdReused,
)


@route(
    "POST",
    "/v1/ledger/transfers",
    scope="ledger:write",
    body=SingleTransfer,
    answer=TransferView,
    status=201,
    errors=POSTING,
    tag="Ledger",
)
async def post_ledger_transfer(call: Call[SingleTransfer, None]) -> Answer:
    """Post a transfer.

    It takes no idempotency key: its id is one. The same again is answered as before, byte for byte; the same id with
    another content is refused, and the answer names the field. What was posted stands for good."""
    return await calling.post_transfer(
        call.db,
        call.resources.ledger,
        call.actor.org_id,
        PARTY.parse(call.body.entity),
        call.body.entry(""),
    )


@route(
    "GET",
    "/v1/ledger/transfers/{transfer_id}",
    scope="ledger:read",
    answer=TransferView,
    errors=(LedgerTransferNotFound,),
    ids={"transfer_id": TRANSFER},
    tag="Ledger",
)
async def get_ledger_transfer(call: Call[None, None]) -> Answer:
    """Read a transfer."""
    found = await showing.transfer(call.db, call.actor.org_id, call.id(TRANSFER, "transfer_id"))
    return answer(views.transfer(*found))


@route(
    "POST",
    "/v1/ledger/transfers/bulk",
    scope="ledger:write",
    body=NewTransfers,
    answer=BulkView,
    errors=POSTING,
    body_bytes_max=BULK_BYTES_MAX,
    tag="Ledger",
)
async def post_ledger_transfers(call: Call[NewTransfers, None]) -> Answer:
    """Post up to 10,000 transfers.

    Each stands for itself, and the answer names those that were refused. Sending the same again posts what is
    missing; what is to stand or fall together is an entry set."""
    transfers = call.body.parsed()
    done = await calling.post_bulk(call.db, call.actor.org_id, PARTY.parse(call.body.entity), transfers)
    refusals = [views.refusal(index, call.body.transfers[index].id, error) for index, error in done.refused]
    return answer(
        BulkView(posted=done.posted, repeated=done.repeated, refused=len(refusals), refusals=refusals)
    )


@route(
    "POST",
    "/v1/ledger/entry_sets",
    scope="ledger:write",
    body=NewEntrySet,
    answer=EntrySetView,
    status=201,
    errors=(*POSTING, LedgerHoldNotFound, LedgerHoldEnded, LedgerHoldExceeded),
    body_bytes_max=BULK_BYTES_MAX,
    tag="Ledger",
)
async def post_ledger_entry_set(call: Call[NewEntrySet, None]) -> Answer:
    """Post an entry set.

    Up to 10,000 transfers, holds, and endings of holds that stand or fall together, checked in their order. They
    share one instant of record. The ids of its entries are its idempotency key."""
    return await calling.post_set(
        call.db, call.resources.ledger, call.actor.org_id, PARTY.parse(call.body.entity), call.body.parsed()
    )


@route(
    "GET",
    "/v1/ledger/entry_sets/{entry_set_id}",
    scope="ledger:read",
    answer=EntrySetView,
    errors=(LedgerEntrySetNotFound,),
    ids={"entry_set_id": ENTRY_SET},
    tag="Ledger",
)
async def get_ledger_entry_set(call: Call[None, None]) -> Answer:
    """Read an entry set."""
    found = await showing.entry_set(call.db, call.actor.org_id, call.id(ENTRY_SET, "entry_set_id"))
    return answer(views.entry_set(*found))


@route(
    "GET",
    "/v1/ledger/entry_sets/{entry_set_id}/entries",
    scope="ledger:read",
    query=Page,
    list_of=EntryView,
    errors=(LedgerEntrySetNotFound,),
    ids={"entry_set_id": ENTRY_SET},
    tag="Ledger",
)
async def list_ledger_entries(call: Call[None, Page]) -> Answer:
    """List the entries of an entry set.

    In their order: transfers, holds that it placed and holds that it ended."""
    found = await showing.entries(
        call.db,
        call.actor.org_id,
        call.id(ENTRY_SET, "entry_set_id"),
        after=call.after(showing.Place),
        limit=call.query.limit + 1,
    )
    return call.page(found, view=lambda one: views.entry(one[0]), position=lambda one: one[1])


@route(
    "GET",
    "/v1/ledger/entry_sets/{entry_set_id}/drawing",
    scope="ledger:read",
    media_type="image/svg+xml",
    errors=(LedgerEntrySetNotFound, LedgerDrawingTooLarge),
    ids={"entry_set_id": ENTRY_SET},
    tag="Ledger",
)
async def draw_ledger_entry_set(call: Call[None, None]) -> Answer:
    """Draw an entry set.

    As SVG: accounts as boxes, transfers as arrows from the credited account to the debited one. The same set gives
    the same bytes."""
    found = await showing.drawn(call.db, call.actor.org_id, call.id(ENTRY_SET, "entry_set_id"))
    return Answer(status=200, body=drawing(found), media_type="image/svg+xml", headers=DRAWN)


DRAWN: Final = (("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),)
"""A drawing opened by itself is a document: it may style itself and nothing else."""


@route(
    "POST",
    "/v1/ledger/holds",
    scope="ledger:write",
    body=SingleHold,
    answer=HoldView,
    status=201,
    errors=POSTING,
    tag="Ledger",
)
async def place_ledger_hold(call: Call[SingleHold, None]) -> Answer:
    """Place a hold.

    Its amount is kept free on the accounts that guard until it is posted, voided or expires. The id is the
    idempotency key; the same again is answered as it was placed."""
    return await calling.place_hold(
        call.db, call.actor.org_id, PARTY.parse(call.body.entity), call.body.entry("")
    )


@route(
    "GET",
    "/v1/ledger/holds/{hold_id}",
    scope="ledger:read",
    answer=HoldView,
    errors=(LedgerHoldNotFound,),
    ids={"hold_id": HOLD},
    tag="Ledger",
)
async def get_ledger_hold(call: Call[None, None]) -> Answer:
    """Read a hold, as it stands now."""
    return answer(views.hold(await showing.hold(call.db, call.actor.org_id, call.id(HOLD, "hold_id"))))


@route(
    "POST",
    "/v1/ledger/holds/{hold_id}/post",
    scope="ledger:write",
    body=HoldPosting,
    answer=TransferView,
    status=201,
    errors=ENDING,
    ids={"hold_id": HOLD},
    tag="Ledger",
)
async def post_ledger_hold(call: Call[HoldPosting, None]) -> Answer:
    """Post a hold.

    In whole or in part; what is left over is free again. A hold ends once."""
    return await calling.post_hold(call.db, call.actor.org_id, call.id(HOLD, "hold_id"), call.body)


@route(
    "POST",
    "/v1/ledger/holds/{hold_id}/void",
    scope="ledger:write",
    body=HoldVoiding,
    answer=HoldView,
    status=201,
    errors=(LedgerHoldNotFound, LedgerHoldEnded, LedgerIdReused),
    ids={"hold_id": HOLD},
    tag="Ledger",
)
async def void_ledger_hold(call: Call[HoldVoiding, None]) -> Answer:
    """Void a hold.

    It ends without a transfer, and its amount is free again."""
    return await calling.void_hold(call.db, call.actor.org_id, call.id(HOLD, "hold_id"), call.body)


ROUTES = (
    post_ledger_transfer,
    get_ledger_transfer,
    post_ledger_transfers,
    post_ledger_entry_set,
    get_ledger_entry_set,
    list_ledger_entries,
    draw_ledger_entry_set,
    place_ledger_hold,
    get_ledger_hold,
    post_ledger_hold,
    void_ledger_hold,
)
