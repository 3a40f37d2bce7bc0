"""What payments and refunds post. The ids of transfers are made from what they are posted for: the same is posted once,
whoever tries it again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from kontorhaus.kernel.money import Money
from kontorhaus.money.ledger import (
    STANDARD,
    EntrySet,
    Hold,
    HoldId,
    PostHold,
    Tax,
    Transfer,
    TransferId,
    VoidHold,
)
from kontorhaus.money.payments.model.allocations import Allocation, captured_parts, tax_at
from kontorhaus.money.payments.model.ids import PAYMENT_CONNECTION, PaymentConnectionId
from kontorhaus.money.payments.model.payments import Payment
from kontorhaus.money.payments.model.refunds import Refund
from kontorhaus.people.parties import PARTY, PartyId

FACING_DEPOSIT = frozenset(credit for debit, credit in STANDARD.routes if debit == "deposit")
"""Types of accounts that money can go to from a payer's deposit. Charts only grow, so what is among these can be posted
when the money comes."""


def clearing_of(connection: PaymentConnectionId) -> str:
    """What the provider owes us, or holds for us."""
    return f"clearing:{PAYMENT_CONNECTION.text(connection)}"


def fees_of(connection: PaymentConnectionId) -> str:
    return f"fees:{PAYMENT_CONNECTION.text(connection)}"


def deposit_of(payer: PartyId) -> str:
    """What a payer has paid and nobody has claimed."""
    return f"deposit:{PARTY.text(payer)}"


def clearing(row: Payment | Refund) -> str:
    return clearing_of(row.connection_id)


def deposit(row: Payment | Refund) -> str:
    return deposit_of(row.payer)


def derived(of: UUID, purpose: str, number: int = 0) -> UUID:
    """The id of what is posted for an object, the same at each try (UUIDv8, RFC 9562, 5.8), of the object's time."""
    digest = hashlib.sha256(b"%s %d " % (purpose.encode(), number) + of.bytes).digest()
    mixed = bytearray(of.bytes[:6] + digest[:10])
    mixed[6] = mixed[6] & 0x0F | 0x80
    mixed[8] = mixed[8] & 0x3F | 0x80
    return UUID(bytes=bytes(mixed))


def later_transfers(
    payment_ids: Iterable[UUID], refund_ids: Iterable[UUID], payouts: Mapping[UUID, Iterable[int]]
) -> list[TransferId]:
    """The transfers that may follow by themselves, after a capture, a refund or a payout was posted: what the provider
    keeps, what came back, and a payout that was believed not to go out. `payouts` says how much of each had come back
    after each time that some of it did. For rooms that show what became of their money; not all of them need exist."""
    later = [derived(one, "fee") for one in payment_ids]
    later += [derived(one, "refund came back") for one in refund_ids]
    for one, sums in payouts.items():
        later += [derived(one, "payout sent"), *(derived(one, "payout came back", back) for back in sums)]
    return [TransferId(one) for one in later]


def hold_id(refund: Refund) -> HoldId:
    return HoldId(derived(refund.id, "refund hold"))


def taken(
    payment: Payment,
    allocations: Sequence[Allocation],
    amount: Money | None,
    fee: Money | None,
    now: datetime,
) -> EntrySet:
    """Money that the provider has taken: to the payer's deposit and on to the allocations; and what he keeps of it."""
    entries: list[Transfer] = []
    reference = payment.reference or payment.id

    def transfer(
        purpose: str, debit: str, credit: str, moved: Money, number: int = 0, tax: Tax | None = None
    ) -> None:
        if moved.is_zero:
            return
        entries.append(
            Transfer(
                id=TransferId(derived(payment.id, purpose, number)),
                debit=debit,
                credit=credit,
                amount=moved,
                effective_at=now,
                reference=reference,
                tax=tax,
            )
        )

    if amount is not None:
        transfer("captured", clearing(payment), deposit(payment), amount)
        parts = captured_parts(allocations, amount) if allocations else []
        for number, (one, part) in enumerate(zip(allocations, parts, strict=True)):
            transfer("allocated", deposit(payment), one.account, part, number, tax_at(one, now))
    if fee is not None:
        transfer("fee", fees_of(payment.connection_id), clearing(payment), fee)
    return EntrySet(payment.entity, tuple(entries))


def refund_requested(refund: Refund, undo: Sequence[Allocation], now: datetime) -> EntrySet:
    """What the refund takes back from the accounts of a sale, and then the hold on the payer's deposit."""
    reference = refund.reference or refund.payment_id
    undone = [
        Transfer(
            id=TransferId(derived(refund.id, "undone", number)),
            debit=one.account,
            credit=deposit(refund),
            amount=one.amount,
            effective_at=now,
            reference=reference,
            tax=tax_at(one, now),
        )
        for number, one in enumerate(undo)
    ]
    hold = Hold(
        id=hold_id(refund),
        debit=deposit(refund),
        credit=clearing(refund),
        amount=refund.money,
        reference=reference,
    )
    return EntrySet(refund.entity, (*undone, hold))


def refund_sent(refund: Refund, now: datetime) -> EntrySet:
    end = TransferId(derived(refund.id, "refund sent"))
    return EntrySet(refund.entity, (PostHold(id=end, hold=hold_id(refund), effective_at=now),))


def refund_given_up(refund: Refund) -> EntrySet:
    """It was never sent: the hold ends, and the money stays on the deposit."""
    end = TransferId(derived(refund.id, "refund given up"))
    return EntrySet(refund.entity, (VoidHold(id=end, hold=hold_id(refund)),))


def refund_came_back(refund: Refund, now: datetime) -> EntrySet:
    """It was sent, and the provider has the money again."""
    back = Transfer(
        id=TransferId(derived(refund.id, "refund came back")),
        debit=clearing(refund),
        credit=deposit(refund),
        amount=refund.money,
        effective_at=now,
        reference=refund.reference or refund.payment_id,
    )
    return EntrySet(refund.entity, (back,))
