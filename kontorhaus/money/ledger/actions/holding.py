"""Holds whose time is over."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from kontorhaus.kernel.ids import OrgId
from kontorhaus.money.ledger.actions.posting import post_each
from kontorhaus.money.ledger.errors import LedgerHoldEnded
from kontorhaus.money.ledger.events import HoldExpired
from kontorhaus.money.ledger.model.entries import TRANSFER, EntrySet, HoldId, Recorded, VoidHold
from kontorhaus.money.ledger.store import posting as store
from kontorhaus.people.parties import PartyId
from kontorhaus.platform import eventlog
from kontorhaus.platform.db import Tx

EXPIRE_BATCH: Final = 1_000
"""Holds ended in one transaction: some 50 ms, during which their guards are locked."""


async def expire(tx: Tx, org_id: OrgId, now: datetime) -> int:
    """End the holds that were to end by `now`, an instant of the organization's clock; says how many, a batch at most.

    One that another is posting or voiding at this moment is waited for, and is then left as it was ended.
    """
    due = await store.DUE.all(tx, org_id, now, EXPIRE_BATCH)
    sets = [
        EntrySet(PartyId(row.entity_id), (VoidHold(id=TRANSFER.new(), hold=HoldId(row.hold_id)),))
        for row in due
    ]
    outcomes = await post_each(tx, org_id, sets, expired=True)
    for row, outcome in zip(due, outcomes, strict=True):
        if not isinstance(outcome, Recorded | LedgerHoldEnded):
            raise AssertionError("a hold that is open and due can be ended")
        if isinstance(outcome, Recorded):
            fact = HoldExpired(subject=HoldId(row.hold_id), entity=PartyId(row.entity_id))
            await eventlog.append(tx, fact, org_id=org_id)
    return sum(isinstance(outcome, Recorded) for outcome in outcomes)
