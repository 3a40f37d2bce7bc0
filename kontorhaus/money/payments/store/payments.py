"""Statements on payments and their allocations."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from msgspec import Struct

from kontorhaus.kernel.money import Money
from kontorhaus.money.ledger import Tax
from kontorhaus.money.payments.model.allocations import Allocation
from kontorhaus.money.payments.model.payments import Payment
from kontorhaus.people.parties import PartyId
from kontorhaus.platform.db import Command, Query


class AllocationRow(Struct, frozen=True):
    account: str
    amount: int
    party: UUID | None
    share: UUID | None
    tax_rate: int | None
    tax_category: str | None
    tax_point: date | None

    def allocation(self, currency: str) -> Allocation:
        tax = None
        if self.tax_rate is not None and self.tax_category is not None:
            tax = Tax(self.tax_rate, self.tax_category, self.tax_point)
        party = None if self.party is None else PartyId(self.party)
        return Allocation(self.account, Money(self.amount, currency), party, self.share, tax)


class Version(Struct, frozen=True):
    version: int


INSERT = Query(
    Payment,
    """
    INSERT INTO payment
        (org_id, id, entity, payer, connection_id, amount, currency, capture_method, status, return_url, reference,
         description, created_at, updated_at, expires_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'requires_payment_method', $9, $10, $11, $12, $12, $13)
    ON CONFLICT (org_id, id) DO NOTHING
    RETURNING id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge,
        authorized, captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    """,
)

INSERT_ALLOCATION = Command(
    """
    INSERT INTO payment_allocation
        (org_id, payment_id, position, account, amount, party, share, tax_rate, tax_category, tax_point)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
    """
)

ALLOCATIONS = Query(
    AllocationRow,
    """
    SELECT account, amount, party, share, tax_rate, tax_category, tax_point FROM payment_allocation
    WHERE org_id = $1 AND payment_id = $2 ORDER BY position
    """,
)

PAYMENT = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND id = $2
    """,
)

LOCK = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND id = $2 FOR NO KEY UPDATE
    """,
)

# Whoever writes holds the lock; status and version once more keep out who forgot to take it.
WRITE = Query(
    Payment,
    """
    UPDATE payment SET
        status = $5, seen = $6, intent = $7, charge = $8, authorized = $9, captured = $10, refunding = $11,
        refunded = $12, fee = $13, action_url = $14, return_url = $15, error_code = $16, error_provider_code = $17,
        error_advice = $18, review = $19, ending = $20, updated_at = $21, version = version + 1
    WHERE org_id = $1 AND id = $2 AND status = $3 AND version = $4
    RETURNING id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge,
        authorized, captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    """,
)

PAYMENTS = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3
    """,
)

PAYMENTS_OF_STATUS = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND id < $2 AND status = $4 ORDER BY id DESC LIMIT $3
    """,
)

PAYMENTS_OF_REFERENCE = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND id < $2 AND reference = $4 ORDER BY id DESC LIMIT $3
    """,
)

PAYMENTS_OF_PAYER = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND id < $2 AND payer = $4 ORDER BY id DESC LIMIT $3
    """,
)

BY_INTENT = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND connection_id = $2 AND intent = $3
    """,
)

EVERY = Query(
    Payment,
    """
    SELECT id, entity, payer, connection_id, amount, currency, capture_method, status, seen, intent, charge, authorized,
        captured, refunding, refunded, fee, action_url, return_url, reference, description, error_code,
        error_provider_code, error_advice, review, ending, version, created_at, updated_at, expires_at
    FROM payment WHERE org_id = $1 AND id = ANY ($2::uuid[])
    """,
)
