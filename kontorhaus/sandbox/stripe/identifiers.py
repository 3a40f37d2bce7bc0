"""Identifiers as Stripe's look: a prefix per kind and 24 letters and digits. The first follow the time, so that indexes
grow at one end."""

from __future__ import annotations

import hashlib
import secrets
import string

from kontorhaus.sandbox.stripe.clock import machine_ms

LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase

TABLE = bytes(ord(LETTERS[byte % len(LETTERS)]) for byte in range(256))
"""From a random byte to a letter. Some letters are a little likelier: these are names, not secrets of anyone."""

PREFIXES = {
    "account": "acct",
    "bank_account": "ba",
    "balance_transaction": "txn",
    "charge": "ch",
    "customer": "cus",
    "dispute": "dp",
    "event": "evt",
    "payment": "py",
    "payment_intent": "pi",
    "payment_method": "pm",
    "payment_refund": "pyr",
    "payout": "po",
    "refund": "re",
    "request": "req",
    "setup_intent": "seti",
    "transfer": "tr",
    "transfer_reversal": "trr",
    "webhook_endpoint": "we",
}


def new(kind: str) -> str:
    return f"{PREFIXES[kind]}_{_moment()}{letters(9 if kind == 'account' else 17)}"


def _moment() -> str:
    """The machine's milliseconds in seven letters, enough until 2081."""
    number, found = machine_ms(), ""
    for _ in range(7):
        number, rest = divmod(number, len(LETTERS))
        found = LETTERS[rest] + found
    return found


def letters(count: int) -> str:
    return secrets.token_bytes(count).translate(TABLE).decode()


def derived(kind: str, name: str) -> str:
    """The same name gives the same identifier, so that two keys of one account find the same account."""
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:12], "big")
    found = ""
    while len(found) < 16:
        number, rest = divmod(number, len(LETTERS))
        found += LETTERS[rest]
    return f"{PREFIXES[kind]}_{found}"
