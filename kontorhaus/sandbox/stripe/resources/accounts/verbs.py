"""The endpoints of accounts."""

from __future__ import annotations

import copy
from typing import Final

from kontorhaus.sandbox.stripe import identifiers, money
from kontorhaus.sandbox.stripe.call import Call
from kontorhaus.sandbox.stripe.endpoint import Endpoint, ListParams, page
from kontorhaus.sandbox.stripe.errors import Object, StripeError, invalid
from kontorhaus.sandbox.stripe.forms import Params, given, merged
from kontorhaus.sandbox.stripe.resources.accounts import banks, shape, standing
from kontorhaus.sandbox.stripe.resources.accounts.params import (
    Bank,
    Create,
    ExternalAccount,
    Link,
    ListBanks,
    Update,
)
from kontorhaus.sandbox.stripe.resources.payment_methods import AddressParams, address

LINK_SECONDS: Final = 300
"""Stripe's links for onboarding live for minutes."""

PLATFORMS: Final = ""
"""The account that platforms' own accounts belong to: nobody's."""


def platform(call: Call) -> Object:
    """The platform's own account, made when its key is first used: checked, in Germany, with a bank account."""
    found = call.store.get(call.platform, "account", PLATFORMS)
    if found is not None:
        return found
    account = shape.account(call.platform, call.now, "DE", "eur", "standard")
    account |= {
        "business_type": "company",
        "tos_acceptance": {"date": call.now, "ip": "127.0.0.1", "user_agent": None},
        "_collected": {"company": dict.fromkeys(shape.COMPANY_COLLECTED, True)},
        "_requested": ["card_payments", "transfers"],
        "_identity": "verified",
    }
    banks.add(call, account, Bank(account_number="DE89370400440532013000", country="DE", currency="eur"))
    standing.settle(account)
    account["details_submitted"] = True
    call.store.insert(PLATFORMS, account)
    return account


def create(call: Call, params: Create) -> Object:
    _check_platform(call)
    country = (params.country or "DE").upper()
    if country not in shape.COUNTRIES:
        raise invalid(f"Country '{params.country}' is unknown.", param="country", code="country_unsupported")
    if params.type and params.controller:
        raise invalid("You may only specify one of these parameters: type, controller.", param="type")
    currency = money.currency_of(params.default_currency or shape.CURRENCY_OF.get(country, "eur"))
    dashboard = params.controller.stripe_dashboard if params.controller else None
    kind = params.type or {"express": "express", "none": "custom"}.get(
        dashboard.type if dashboard else "full", "standard"
    )
    account = shape.account(identifiers.new("account"), call.now, country, currency, kind)
    _fill(call, account, params)
    call.insert(account)
    standing.review(call, account)
    call.save(account)
    there = call.acting_for(account["id"])
    there.emit("account.updated", account)
    return account


def _check_platform(call: Call) -> None:
    if call.account != call.platform:
        raise invalid("Connected accounts cannot have connected accounts of their own.")


def _fill(call: Call, account: Object, params: Update) -> None:
    account |= given(params, "email")
    if params.business_type is not None:
        account["business_type"] = params.business_type
    if params.business_profile is not None:
        sent = {
            name: getattr(params.business_profile, name) for name in params.business_profile.__struct_fields__
        }
        sent.pop("expand")
        account["business_profile"] |= {name: value for name, value in sent.items() if value is not None}
    if params.capabilities is not None:
        for name in ("card_payments", "transfers", "sepa_debit_payments"):
            asked = getattr(params.capabilities, name)
            if asked is not None and asked.requested and name not in account["_requested"]:
                account["_requested"].append(name)
    if params.tos_acceptance is not None:
        accepted = params.tos_acceptance
        account["tos_acceptance"] |= {
            name: value
            for name in ("date", "ip", "user_agent")
            if (value := getattr(accepted, name)) is not None
        }
    if params.external_account is not None:
        banks.add(call, account, params.external_account, default=True)
    account["metadata"] = merged(account["metadata"], params.metadata)
    _collect(account, params)


def _collect(account: Object, params: Update) -> None:
    """What was told of the person or the company. Of names and numbers only that they are known is shown again."""
    known = account["_collected"]
    for part in ("individual", "company"):
        sent = getattr(params, part)
        if sent is None:
            continue
        names = [name for name in sent.__struct_fields__ if name != "expand"]
        told = known.setdefault(part, {})
        for name in names:
            if getattr(sent, name) not in (None, ""):
                told[name] = True
        number = sent.id_number if part == "individual" else sent.tax_id
        if number:
            known["number"] = number
            if account["_identity"] == "failed":
                account["_identity"] = "unverified"
    if params.company is not None:
        account["company"] = {
            "address": address(params.company.address or AddressParams()),
            "name": params.company.name,
            "phone": params.company.phone,
            "tax_id_provided": bool(known["company"].get("tax_id")),
            "vat_id_provided": bool(known["company"].get("vat_id")),
        }


def update(call: Call, params: Update, wanted: str) -> Object:
    account = call.get("account", wanted)
    before = copy.deepcopy(account)
    _fill(call, account, params)
    standing.review(call, account)
    call.save(account)
    standing.tell(call, before, account)
    return account


def own(call: Call, params: Params) -> Object:
    """The account that the key, or the header, stands for."""
    del params
    return platform(call) if call.account == call.platform else retrieve(call, Params(), call.account)


def retrieve(call: Call, params: Params, wanted: str) -> Object:
    del params
    if wanted == call.platform:
        return platform(call)
    found = call.store.get(wanted, "account", call.platform)
    if found is None:
        raise no_access(wanted)
    return found


def no_access(wanted: str) -> StripeError:
    return StripeError(
        403,
        "invalid_request_error",
        f"The provided key does not have access to account '{wanted}' (or that account does not exist). Application "
        "access may have been revoked.",
        code="account_invalid",
    )


def delete(call: Call, params: Params, wanted: str) -> Object:
    del params
    _check_platform(call)
    account = call.get("account", wanted)
    if any(call.store.total(f"balance:{wanted}").values()):
        raise invalid("Accounts with a balance that is not zero cannot be deleted.", code="account_invalid")
    call.acting_for(wanted).emit("account.application.deauthorized", account)
    call.store.delete(wanted)
    return {"id": wanted, "object": "account", "deleted": True}


def list_all(call: Call, params: ListParams) -> Object:
    _check_platform(call)
    return page(call, "account", params, "/v1/accounts")


def capability(call: Call, params: Params, wanted: str, name: str) -> Object:
    return standing.capability(retrieve(call, params, wanted), name)


def capabilities(call: Call, params: Params, wanted: str) -> Object:
    account = retrieve(call, params, wanted)
    found = [standing.capability(account, name) for name in account["capabilities"]]
    return {"object": "list", "data": found, "has_more": False, "url": f"/v1/accounts/{wanted}/capabilities"}


def link(call: Call, params: Link) -> Object:
    account = call.get("account", params.account, param="account")
    account["_link"] = {
        "token": identifiers.letters(24),
        "expires_at": call.now + LINK_SECONDS,
        "return_url": params.return_url,
        "refresh_url": params.refresh_url,
    }
    call.save(account)
    return {
        "object": "account_link",
        "created": call.now,
        "expires_at": call.now + LINK_SECONDS,
        "url": f"{call.books.origin}/sandbox/onboarding/{account['id']}/{account['_link']['token']}",
    }


ENDPOINTS: Final = (
    Endpoint("POST", "/v1/accounts", Create, create),
    Endpoint("GET", "/v1/accounts", ListParams, list_all),
    Endpoint("GET", "/v1/account", Params, own),
    Endpoint("GET", "/v1/accounts/{id}", Params, retrieve),
    Endpoint("POST", "/v1/accounts/{id}", Update, update),
    Endpoint("DELETE", "/v1/accounts/{id}", Params, delete),
    Endpoint("GET", "/v1/accounts/{id}/capabilities", Params, capabilities),
    Endpoint("GET", "/v1/accounts/{id}/capabilities/{capability}", Params, capability),
    Endpoint("POST", "/v1/accounts/{id}/external_accounts", ExternalAccount, banks.create),
    Endpoint("GET", "/v1/accounts/{id}/external_accounts", ListBanks, banks.list_all),
    Endpoint("GET", "/v1/accounts/{id}/external_accounts/{bank}", Params, banks.retrieve),
    Endpoint("DELETE", "/v1/accounts/{id}/external_accounts/{bank}", Params, banks.delete),
    Endpoint("POST", "/v1/account_links", Link, link),
)
