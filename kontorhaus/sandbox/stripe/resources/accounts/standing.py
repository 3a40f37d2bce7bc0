"""What follows from what is known of an account: what is still to be told, and what it may do.

The rules are a plain cut of Stripe's: the business type, the person or the company, a bank account and the accepted
terms are demanded, then the papers are looked at. The identity number 111111111 is found wrong, as in Stripe's tests.
"""

from __future__ import annotations

from typing import Final

from kontorhaus.sandbox.stripe.call import Call, changes
from kontorhaus.sandbox.stripe.errors import Object
from kontorhaus.sandbox.stripe.resources.accounts.shape import (
    COMPANY_COLLECTED,
    PERSON_COLLECTED,
    requirements,
)

WRONG_NUMBER: Final = "111111111"


def due(account: Object) -> list[str]:
    """What is still to be told, in Stripe's names."""
    known = account["_collected"]
    wanted = []
    if account["business_type"] is None:
        wanted.append("business_type")
    if not account["external_accounts"]["data"]:
        wanted.append("external_account")
    if account["tos_acceptance"]["date"] is None:
        wanted += ["tos_acceptance.date", "tos_acceptance.ip"]
    if account["business_type"] is not None:
        individual = account["business_type"] == "individual"
        part, names = ("individual", PERSON_COLLECTED) if individual else ("company", COMPANY_COLLECTED)
        wanted += [f"{part}.{name}" for name in names if name not in known.get(part, {})]
    return wanted


def review(call: Call, account: Object) -> None:
    """Look at what is known now; the papers take `verify_seconds`. Does not save."""
    account["details_submitted"] = not due(account)
    if account["details_submitted"] and account["_identity"] == "unverified":
        account["_identity"] = "pending"
        call.acting_for(account["id"]).later(call.options.verify_seconds, "verify_account", account["id"])
    settle(account)


def settle(account: Object) -> None:
    """Write what follows from what is due and from the identity's state."""
    wanted, identity = due(account), account["_identity"]
    found = requirements()
    part = "individual.id_number" if account["business_type"] == "individual" else "company.tax_id"
    if identity == "failed":
        wanted.append(part)
        found["errors"] = [
            {
                "code": "verification_failed_keyed_identity",
                "reason": "The person's keyed-in identity information could not be verified.",
                "requirement": part,
            }
        ]
    found["currently_due"] = found["eventually_due"] = sorted(wanted)
    found["past_due"] = sorted(wanted)
    found["pending_verification"] = [part] if identity == "pending" and not wanted else []
    if wanted:
        found["disabled_reason"] = "requirements.past_due"
    elif identity == "pending":
        found["disabled_reason"] = "requirements.pending_verification"
    elif identity == "rejected":
        found["disabled_reason"] = "rejected.fraud"
    account["requirements"] = found
    active = not wanted and identity == "verified"
    state = "active" if active else "pending" if identity == "pending" and not wanted else "inactive"
    account["capabilities"] = dict.fromkeys(account["_requested"], state)
    account["payouts_enabled"] = active and "transfers" in account["_requested"]
    account["charges_enabled"] = active and "card_payments" in account["_requested"]


def judge(call: Call, wanted: str, outcome: str | None = None) -> Object:
    """The papers were looked at: `verified`, `failed`, or `pending` and `rejected` at someone's command."""
    found = call.store.find(wanted)
    if found is None:
        raise LookupError(wanted)
    account = found[1]
    if outcome is None:
        if account["_identity"] != "pending":
            return account
        wrong = account["_collected"].get("number") == WRONG_NUMBER
        outcome = "failed" if wrong else "verified"
    before = dict(account)
    account["_identity"] = outcome
    settle(account)
    call.store.save(account)
    tell(call, before, account)
    return account


def tell(call: Call, before: Object, account: Object) -> None:
    """Events of a connected account are its own: they carry its id."""
    there = call.acting_for(account["id"])
    for name, state in account["capabilities"].items():
        if before["capabilities"].get(name) != state:
            there.emit(
                "capability.updated", capability(account, name), {"status": before["capabilities"].get(name)}
            )
    there.emit("account.updated", account, changes(before, account))


def capability(account: Object, name: str) -> Object:
    """One capability as an object of its own."""
    return {
        "id": name,
        "object": "capability",
        "account": account["id"],
        "future_requirements": requirements(),
        "requested": name in account["_requested"],
        "requested_at": account["created"],
        "requirements": account["requirements"],
        "status": account["capabilities"].get(name, "unrequested"),
    }
