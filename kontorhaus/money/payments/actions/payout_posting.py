"""What payouts post. The ids of transfers are made from what they are posted for: the same is posted once, whoever
tries it again."""

from __future__ import annotations

from datetime import datetime

from kontorhaus.kernel.ids import OrgId
from kontorhaus.kernel.money import Money
from kontorhaus.money import ledger
from kontorhaus.money.ledger import (
    Entry,
    EntrySet,
    Hold,
    HoldId,
    NewAccount,
    PostHold,
    Transfer,
    TransferId,
    VoidHold,
)
from kontorhaus.money.payments.actions.posting import clearing_of, derived
from kontorhaus.money.payments.model.allocations import tax_at
from kontorhaus.money.payments.model.ids import PayoutId
from kontorhaus.money.payments.model.payouts import HELD, NewPayout, News, Payout
from kontorhaus.people.parties import PARTY, PartyId
from kontorhaus.platform.db import Tx


def payable_of(seller: PartyId) -> str:
    """What is owed to a seller."""
    return f"payable:{PARTY.text(seller)}"


def hold_id(payout_id: PayoutId) -> HoldId:
    return HoldId(derived(payout_id, "payout hold"))


async def open_accounts(tx: Tx, org_id: OrgId, payout: Payout) -> None:
    """The accounts that the money passes, with what reports are cut by."""
    names = (
        NewAccount(currency=payout.currency, name=payable_of(payout.seller), party_id=payout.seller),
        NewAccount(
            currency=payout.currency,
            name=clearing_of(payout.connection_id),
            connection_id=payout.connection_id,
        ),
    )
    await ledger.open_accounts(tx, org_id, payout.entity, names)


def requested(payout: Payout, new: NewPayout, now: datetime) -> EntrySet:
    """What the seller is owed from now on, and then the hold on it."""
    payable, reference = payable_of(payout.seller), payout.reference or payout.id
    released = [
        Transfer(
            id=TransferId(derived(payout.id, "released", number)),
            debit=part.account,
            credit=payable,
            amount=part.amount,
            effective_at=now,
            reference=reference,
            tax=tax_at(part, now),
        )
        for number, part in enumerate(new.release)
    ]
    hold = Hold(
        id=payout.hold_id,
        debit=payable,
        credit=clearing_of(payout.connection_id),
        amount=payout.money,
        reference=reference,
    )
    return EntrySet(payout.entity, (*released, hold))


def given_up(payout: Payout) -> EntrySet:
    """It was never sent: the hold ends, and the money stays with what the seller is owed."""
    end = TransferId(derived(payout.id, "payout given up"))
    return EntrySet(payout.entity, (VoidHold(id=end, hold=payout.hold_id),))


def moved(payout: Payout, new: News, now: datetime) -> EntrySet:
    """What the provider has moved and was not posted: the transfer, and what came back of it. `payout` is as it was
    before."""
    payable, clearing = payable_of(payout.seller), clearing_of(payout.connection_id)
    reference, entries = payout.reference or payout.id, list[Entry]()
    sent = TransferId(derived(payout.id, "payout sent"))
    if new.pays and payout.status in HELD:
        entries.append(PostHold(id=sent, hold=payout.hold_id, effective_at=now))
    elif new.pays:
        # Its hold was given back when it was believed not to go out; what the seller has spent since he owes.
        entries.append(
            Transfer(
                id=sent,
                debit=payable,
                credit=clearing,
                amount=payout.money,
                effective_at=now,
                reference=reference,
                spill=f"recoverable:{PARTY.text(payout.seller)}",
            )
        )
    if new.returned:
        entries.append(
            Transfer(
                id=TransferId(derived(payout.id, "payout came back", payout.reversed + new.returned)),
                debit=clearing,
                credit=payable,
                amount=Money(new.returned, payout.currency),
                effective_at=now,
                reference=reference,
            )
        )
    return EntrySet(payout.entity, tuple(entries))
