"""What an account looks like at first, and where its currency comes from."""

from __future__ import annotations

from typing import Final

from kontorhaus.sandbox.stripe.endpoint import listed
from kontorhaus.sandbox.stripe.errors import Object

CURRENCY_OF: Final = {
    "AU": "aud", "BR": "brl", "CA": "cad", "CH": "chf", "CZ": "czk", "DK": "dkk", "GB": "gbp", "HK": "hkd",
    "HU": "huf", "IN": "inr", "JP": "jpy", "LI": "chf", "MX": "mxn", "NO": "nok", "NZ": "nzd", "PL": "pln",
    "RO": "ron", "SE": "sek", "SG": "sgd", "TH": "thb", "US": "usd",
}  # fmt: skip
"""Where it is not the euro."""

COUNTRIES: Final = frozenset(
    "AT AU BE BG BR CA CH CY CZ DE DK EE ES FI FR GB GI GR HK HR HU IE IN IT JP LI LT LU LV MT MX MY NL NO NZ PL PT RO "
    "SE SG SI SK TH AE US".split()
)

PERSON_COLLECTED: Final = ("first_name", "last_name", "dob", "address")

COMPANY_COLLECTED: Final = ("name", "tax_id", "address")


def requirements() -> Object:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": [],
        "disabled_reason": None,
        "errors": [],
        "eventually_due": [],
        "past_due": [],
        "pending_verification": [],
    }


def profile() -> Object:
    return {
        "annual_revenue": None,
        "estimated_worker_count": None,
        "mcc": None,
        "minority_owned_business_designation": None,
        "name": None,
        "product_description": None,
        "support_address": None,
        "support_email": None,
        "support_phone": None,
        "support_url": None,
        "url": None,
    }


def settings() -> Object:
    return {
        "bacs_debit_payments": {"display_name": None, "service_user_number": None},
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {"default_account_tax_ids": None, "hosted_payment_method_save": None},
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": False,
            "schedule": {"delay_days": 2, "interval": "manual"},
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }


def account(wanted: str, created: int, country: str, currency: str, kind: str) -> Object:
    """An account of which nothing is known yet."""
    express = kind == "express"
    return {
        "id": wanted,
        "object": "account",
        "created": created,
        "business_profile": profile(),
        "business_type": None,
        "capabilities": {},
        "charges_enabled": False,
        "controller": {
            "fees": {"payer": "application_express" if express else "application_custom"},
            "is_controller": True,
            "losses": {"payments": "application"},
            "requirement_collection": "stripe" if kind != "custom" else "application",
            "stripe_dashboard": {"type": {"express": "express", "standard": "full"}.get(kind, "none")},
            "type": "application",
        },
        "country": country,
        "default_currency": currency,
        "details_submitted": False,
        "email": None,
        "external_accounts": listed([], f"/v1/accounts/{wanted}/external_accounts"),
        "future_requirements": requirements(),
        "metadata": {},
        "payouts_enabled": False,
        "requirements": requirements(),
        "settings": settings(),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": kind,
        "_collected": {},
        "_requested": [],
        "_identity": "unverified",
    }
