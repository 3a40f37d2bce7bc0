"""Payouts from an account's balance to its own bank. Made by hand: no schedule pays out by itself here."""

from __future__ import annotations

from typing import Any, Final, Literal

from kontorhaus.sandbox.stripe import money, movements
from kontorhaus.sandbox.stripe.call import Call, changes
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page, retrieve
from kontorhaus.sandbox.stripe.errors import Object, invalid, missing
from kontorhaus.sandbox.stripe.forms import Metadata, Params, merged

FAILURES: Final = {
    "account_closed": "The bank account has been closed.",
    "could_not_process": "The bank could not process this payout.",
    "debit_not_authorized": "Debit transactions are not approved on the bank account.",
    "insufficient_funds": "Your Stripe account has insufficient funds to cover the payout.",
    "invalid_currency": "The bank was unable to process this payout because of its currency.",
    "no_account": "The bank account details on file are probably incorrect. No bank account could be located.",
}
"""Stripe's failure codes that test accounts and the control interface can bring about."""


class Create(Params, kw_only=True):
    amount: int
    currency: str
    description: str | None = None
    destination: str | None = None
    metadata: Metadata | None = None
    method: Literal["standard"] = "standard"
    source_type: Literal["card"] | None = None
    statement_descriptor: str | None = None


class Update(Params, kw_only=True):
    metadata: Metadata | str | None = None


class List(ListParams, kw_only=True):
    destination: str | None = None
    status: str | None = None


def create(call: Call, params: Create) -> Object:
    currency = money.currency_of(params.currency)
    money.check_positive(params.amount)
    bank = _bank(call, currency, params.destination)
    if params.amount > movements.available(call, currency):
        raise money.insufficient(
            "You have insufficient funds in your Stripe account for this transfer. Your card balance is too low. You "
            "can use the /v1/balance endpoint to view your Stripe balance (for more details, see "
            "stripe.com/docs/api#balance)."
        )
    arrival = money.business_days_later(call.now + call.options.payout_seconds, 1)
    payout = call.new(
        "payout",
        {
            "object": "payout",
            "amount": params.amount,
            "application_fee": None,
            "application_fee_amount": None,
            "arrival_date": arrival,
            "automatic": False,
            "balance_transaction": None,
            "currency": currency,
            "description": params.description or None,
            "destination": bank["id"],
            "failure_balance_transaction": None,
            "failure_code": None,
            "failure_message": None,
            "metadata": params.metadata or {},
            "method": "standard",
            "original_payout": None,
            "payout_method": None,
            "reconciliation_status": "not_applicable",
            "reversed_by": None,
            "source_type": "card",
            "statement_descriptor": params.statement_descriptor or None,
            "status": "pending",
            "trace_id": {"status": "pending", "value": None},
            "type": "bank_account",
            "_bank": bank["_number"],
        },
    )
    payout["balance_transaction"] = _move(call, payout, -params.amount, "payout", "payout")["id"]
    call.insert(payout)
    call.later(call.options.payout_seconds, "send_payout", payout["id"])
    call.emit("payout.created", payout)
    return payout


def _bank(call: Call, currency: str, wanted: str | None) -> Object:
    """The account at a bank that is paid to; raises when payouts are not possible."""
    owner: dict[str, Any] = (call.store.find(call.account) or ("", {}))[1]
    if not owner.get("payouts_enabled"):
        raise invalid(
            "Cannot create payouts: this account has requirements that need to be met before it can be paid out.",
            code="payouts_not_allowed",
        )
    banks = owner["external_accounts"]["data"]
    if wanted:
        found = [bank for bank in banks if bank["id"] == wanted]
        if not found:
            raise missing("external account", wanted, param="destination", status=400)
    else:
        found = [bank for bank in banks if bank["currency"] == currency and bank["default_for_currency"]]
    if not found:
        raise invalid(
            f"Sorry, you don't have any external accounts in that currency ({currency}).", param="currency"
        )
    if found[0]["status"] == "errored":
        raise invalid(
            f"Payouts to {found[0]['id']} failed before; it has to be replaced first.",
            code="bank_account_unusable",
        )
    return dict(found[0])


def _move(call: Call, payout: Object, amount: int, kind: str, category: str) -> Object:
    """What leaves is gone from the balance at once, and what comes back is there at once."""
    return movements.move(
        call,
        kind,
        category=category,
        amount=amount,
        currency=payout["currency"],
        source=payout["id"],
        against=f"bank:{call.account}",
        description="STRIPE PAYOUT" if amount < 0 else "STRIPE PAYOUT FAILURE",
    )


def send(call: Call, wanted: str) -> None:
    payout = call.get("payout", wanted)
    if payout["status"] != "pending":
        return
    payout["status"] = "in_transit"
    call.save(payout)
    call.emit("payout.updated", payout, {"status": "pending"})
    call.later(max(0, payout["arrival_date"] - call.now), "land_payout", wanted)


def land(call: Call, wanted: str) -> None:
    payout = call.get("payout", wanted)
    if payout["status"] != "in_transit":
        return
    failure = BANKS.get(payout["_bank"])
    if failure is not None:
        fail(call, wanted, failure)
        return
    payout |= {"status": "paid", "trace_id": {"status": "supported", "value": f"TRC{payout['id'][-12:]}"}}
    call.save(payout)
    call.emit("payout.paid", payout, {"status": "in_transit"})


def fail(call: Call, wanted: str, code: str = "could_not_process") -> Object:
    """The bank sends it back. Also one that counted as paid: banks take up to five days to say so."""
    payout = call.get("payout", wanted)
    if payout["status"] not in {"pending", "in_transit", "paid"}:
        raise invalid(f"Payout {wanted} has a status of {payout['status']} and can no longer fail.")
    before = dict(payout)
    payout |= {"status": "failed", "failure_code": code, "failure_message": FAILURES.get(code, code)}
    movement = _move(call, payout, payout["amount"], "payout_failure", "payout_reversal")
    payout["failure_balance_transaction"] = movement["id"]
    call.save(payout)
    _mark_bank(call, payout["destination"])
    call.emit("payout.failed", payout, changes(before, payout))
    return payout


def _mark_bank(call: Call, bank: str) -> None:
    owner = call.store.find(call.account)
    if owner is None:
        return
    for found in owner[1]["external_accounts"]["data"]:
        if found["id"] == bank:
            found["status"] = "errored"
            call.store.save(owner[1])
            call.emit("account.external_account.updated", found, {"status": "new"})


def cancel(call: Call, params: Params, wanted: str) -> Object:
    del params
    payout = call.get("payout", wanted)
    if payout["status"] != "pending":
        raise invalid(f"Payouts can only be canceled while they are pending; this one is {payout['status']}.")
    payout["status"] = "canceled"
    movement = _move(call, payout, payout["amount"], "payout_cancel", "payout_reversal")
    payout["failure_balance_transaction"] = movement["id"]
    call.save(payout)
    call.emit("payout.canceled", payout, {"status": "pending"})
    return payout


def update(call: Call, params: Update, wanted: str) -> Object:
    payout = call.get("payout", wanted)
    before = dict(payout)
    payout["metadata"] = merged(payout["metadata"], params.metadata)
    call.save(payout)
    call.emit("payout.updated", payout, changes(before, payout))
    return payout


def list_all(call: Call, params: List) -> Object:
    return page(
        call,
        "payout",
        params,
        "/v1/payouts",
        links={"destination": params.destination},
        fields={"status": params.status},
    )


BANKS: Final = {
    "DE62370400440532013001": "no_account",
    "FR1420041010050500013M02607": "no_account",
    "000111111116": "no_account",
    "000111111113": "account_closed",
    "000222222227": "insufficient_funds",
    "000333333335": "debit_not_authorized",
    "000444444440": "invalid_currency",
}
"""Stripe's test bank accounts to which payouts fail (https://docs.stripe.com/connect/testing)."""

ENDPOINTS: Final = (
    Endpoint("POST", "/v1/payouts", Create, create),
    Endpoint("GET", "/v1/payouts", List, list_all),
    Endpoint("GET", "/v1/payouts/{id}", Params, retrieve("payout")),
    Endpoint("POST", "/v1/payouts/{id}", Update, update),
    Endpoint("POST", "/v1/payouts/{id}/cancel", Params, cancel),
)
