"""The bank accounts that an account is paid out to."""

from __future__ import annotations

import hashlib

from kontorhaus.sandbox.stripe import money
from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.endpoint import listed
from kontorhaus.sandbox.stripe.errors import Object, invalid, missing
from kontorhaus.sandbox.stripe.forms import Params
from kontorhaus.sandbox.stripe.resources.accounts import standing
from kontorhaus.sandbox.stripe.resources.accounts.params import Bank, ExternalAccount, ListBanks

TOKENS = {"btok_us": ("000123456789", "US", "usd"), "btok_us_verified": ("000123456789", "US", "usd")}
"""Stripe's test tokens of bank accounts."""


def add(call: Call, account: Object, given: Bank | str, *, default: bool | None = None) -> Object:
    """Put a bank account first in its currency when it is the first, or is asked to be. Does not save the account."""
    if isinstance(given, str):
        if given not in TOKENS:
            raise invalid(f"No such token: '{given}'", param="external_account", code="resource_missing")
        number, country, currency = TOKENS[given]
        given = Bank(account_number=number, country=country, currency=currency)
    number = given.account_number.replace(" ", "")
    if len(number) < 4 or not number.isalnum():
        raise invalid(
            "Invalid account number", param="external_account[account_number]", code="account_number_invalid"
        )
    currency = money.currency_of(given.currency)
    banks = account["external_accounts"]["data"]
    first = default or not any(bank["currency"] == currency for bank in banks)
    bank = call.new("bank_account", {})
    del bank["created"], bank["livemode"]
    bank |= {
        "object": "bank_account",
        "account": account["id"],
        "account_holder_name": given.account_holder_name,
        "account_holder_type": given.account_holder_type,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": given.country.upper(),
        "customer": None,
        "currency": currency,
        "default_for_currency": first,
        "fingerprint": hashlib.sha256(number.encode()).hexdigest()[:16],
        "last4": number[-4:],
        "metadata": {},
        "routing_number": given.routing_number or number[4:12],
        "status": "new",
        "_number": number,
    }
    if first:
        for other in banks:
            if other["currency"] == currency:
                other["default_for_currency"] = False
    banks.append(bank)
    return bank


def create(call: Call, params: ExternalAccount, wanted: str) -> Object:
    account = call.get("account", wanted)
    before = dict(account)
    bank = add(call, account, params.external_account, default=params.default_for_currency)
    bank["metadata"] = params.metadata or {}
    standing.review(call, account)
    call.save(account)
    call.acting_for(wanted).emit("account.external_account.created", bank)
    standing.tell(call, before, account)
    return bank


def find(account: Object, wanted: str) -> Object:
    for bank in account["external_accounts"]["data"]:
        if bank["id"] == wanted:
            return dict(bank)
    raise missing("external account", wanted)


def list_all(call: Call, params: ListBanks, wanted: str) -> Object:
    banks = call.get("account", wanted)["external_accounts"]
    return listed(banks["data"][: params.limit], banks["url"], more=len(banks["data"]) > params.limit)


def retrieve(call: Call, params: Params, account: str, wanted: str) -> Object:
    del params
    return find(call.get("account", account), wanted)


def delete(call: Call, params: Params, account: str, wanted: str) -> Object:
    del params
    owner = call.get("account", account)
    bank = find(owner, wanted)
    others = [other for other in owner["external_accounts"]["data"] if other["id"] != wanted]
    if bank["default_for_currency"] and any(other["currency"] == bank["currency"] for other in others):
        raise invalid(
            "You cannot delete the default external account for your default currency. Please make another external "
            "account the default using the `default_for_currency` param, and then delete this one.",
        )
    before = dict(owner)
    owner["external_accounts"] = {**owner["external_accounts"], "data": others}
    standing.review(call, owner)
    call.save(owner)
    call.acting_for(account).emit("account.external_account.deleted", bank)
    standing.tell(call, before, owner)
    return {"id": wanted, "object": "bank_account", "deleted": True}
