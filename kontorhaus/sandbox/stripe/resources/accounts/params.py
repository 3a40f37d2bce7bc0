"""What the endpoints of accounts take."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import UNSET, UnsetType

from kontorhaus.sandbox.stripe.forms import Metadata, Params
from kontorhaus.sandbox.stripe.resources.payment_methods import AddressParams


class Capability(Params, kw_only=True):
    requested: bool


class Capabilities(Params, kw_only=True):
    card_payments: Capability | None = None
    transfers: Capability | None = None
    sepa_debit_payments: Capability | None = None


class Profile(Params, kw_only=True):
    mcc: str | None = None
    name: str | None = None
    product_description: str | None = None
    support_email: str | None = None
    support_phone: str | None = None
    url: str | None = None


class Company(Params, kw_only=True):
    address: AddressParams | None = None
    name: str | None = None
    phone: str | None = None
    tax_id: str | None = None
    vat_id: str | None = None
    registration_number: str | None = None
    directors_provided: bool | None = None
    executives_provided: bool | None = None
    owners_provided: bool | None = None


class Birth(Params, kw_only=True):
    day: int
    month: int
    year: int


class Individual(Params, kw_only=True):
    address: AddressParams | None = None
    dob: Birth | None = None
    email: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None
    id_number: str | None = None


class Acceptance(Params, kw_only=True):
    date: int | None = None
    ip: str | None = None
    user_agent: str | None = None
    service_agreement: str | None = None


class Bank(Params, kw_only=True):
    """A bank account, or a token of one such as `btok_…`, which Stripe.js would give."""

    object: Literal["bank_account"] = "bank_account"
    account_number: str
    country: str
    currency: str
    account_holder_name: str | None = None
    account_holder_type: str | None = None
    routing_number: str | None = None


class Schedule(Params, kw_only=True):
    interval: Literal["manual"] = "manual"


class Payouts(Params, kw_only=True):
    schedule: Schedule | None = None
    statement_descriptor: str | None = None
    debit_negative_balances: bool | None = None


class Settings(Params, kw_only=True):
    payouts: Payouts | None = None


class Fees(Params, kw_only=True):
    payer: Literal["account", "application"]


class Losses(Params, kw_only=True):
    payments: Literal["application", "stripe"]


class Dashboard(Params, kw_only=True):
    type: Literal["express", "full", "none"]


class Controller(Params, kw_only=True):
    fees: Fees | None = None
    losses: Losses | None = None
    requirement_collection: Literal["application", "stripe"] = "stripe"
    stripe_dashboard: Dashboard | None = None


class Update(Params, kw_only=True):
    business_profile: Profile | None = None
    business_type: Literal["individual", "company", "non_profit", "government_entity"] | None = None
    capabilities: Capabilities | None = None
    company: Company | None = None
    email: str | UnsetType = UNSET
    external_account: Bank | str | None = None
    individual: Individual | None = None
    metadata: Metadata | str | None = None
    settings: Settings | None = None
    tos_acceptance: Acceptance | None = None


class Create(Update, kw_only=True):
    country: str | None = None
    controller: Controller | None = None
    default_currency: str | None = None
    type: Literal["custom", "express", "standard"] | None = None


class ExternalAccount(Params, kw_only=True):
    external_account: Bank | str
    default_for_currency: bool | None = None
    metadata: Metadata | None = None


class ListBanks(Params, kw_only=True):
    limit: int = 10
    object: str | None = None
    starting_after: str | None = None
    ending_before: str | None = None


class Link(Params, kw_only=True):
    account: str
    refresh_url: str | None = None
    return_url: str | None = None
    type: Literal["account_onboarding", "account_update"]
    collect: str | None = None
    collection_options: dict[str, Any] | None = None
