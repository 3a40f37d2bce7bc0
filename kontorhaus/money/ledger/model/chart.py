"""The chart: types of accounts, and which of them may face each other.

Each legal entity has its own, as rows, and it only grows. It begins as STANDARD, which knows every posting of the
house; a posting and its undoing are both allowed, so pairs go both ways.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from msgspec import Struct


class Side(StrEnum):
    """Where an account's balance grows."""

    DEBIT = "debit"
    CREDIT = "credit"


class AccountType(Struct, frozen=True):
    """`guards`: its accounts never fall below what is held on them. The others only sum, so that no two writers wait
    for each other."""

    name: str
    side: Side
    guards: bool


class Chart(Struct, frozen=True):
    types: tuple[AccountType, ...]
    routes: tuple[tuple[str, str], ...]
    """Types of the debit and of the credit account."""


_GUARDS: Final = {
    Side.CREDIT: "deposit held payable reserve wallet",
    Side.DEBIT: "inventory recoverable",
}

_SUMS: Final = {
    Side.CREDIT: "deferred prepaid promo revenue suspense tax wallet_net",
    Side.DEBIT: """
        bad_debt bank chargebacks clearing cost discounts disputed fees fx fx_result promo_issued provider_reserve
        receivable transit
    """,
}

_FACING: Final = {
    "clearing": """
        chargebacks deferred deposit disputed fees fx held payable prepaid provider_reserve receivable recoverable
        revenue suspense tax transit
    """,
    "deposit": "disputed held payable prepaid receivable recoverable suspense tax wallet",
    "held": "disputed payable suspense",
    "payable": "cost inventory receivable recoverable reserve suspense tax transit",
    "receivable": "bad_debt deferred discounts disputed prepaid revenue suspense tax wallet wallet_net",
    "recoverable": "disputed suspense",
    "revenue": "deferred fees tax wallet wallet_net",
    "suspense": "bank chargebacks fees prepaid tax transit",
    "disputed": "chargebacks fees prepaid tax",
    "inventory": "cost",
    "deferred": "fees",
    "tax": "tax",
    "promo": "promo_issued",
    "fx": "fx_result",
}
"""Each pair is needed by a posting of the house, one way or by its undoing the other: the tests list them all."""


def _standard() -> Chart:
    types = [
        AccountType(name, side, guards)
        for guards, words in ((True, _GUARDS), (False, _SUMS))
        for side, names in words.items()
        for name in names.split()
    ]
    pairs = {(one, other) for one, others in _FACING.items() for other in others.split()}
    assert {name for pair in pairs for name in pair} <= {kind.name for kind in types}, "a type is misspelt"
    return Chart(tuple(types), tuple(sorted(pairs | {(other, one) for one, other in pairs})))


STANDARD: Final = _standard()
