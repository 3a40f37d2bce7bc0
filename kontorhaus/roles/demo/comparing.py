"""The provider's books beside ours: what it says that it took, gave back, kept and sent on, to the cent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

Sums = Counter[str]
"""What was taken, given back, kept as fees and sent to sellers, per currency: `taken EUR`."""

Get = Callable[[str], Awaitable[Any]]
"""Reads a path of the API."""


def by_provider(books: Any) -> Sums:
    """As the simulator has it, by its own postings."""
    sums: Sums = Counter()
    for payment in books["payments"].values():
        currency = payment["currency"].upper()
        sums[f"taken {currency}"] += payment["taken"]
        sums[f"given back {currency}"] += payment["refunded"]
        sums[f"fees {currency}"] += payment["fees"]
    for transfer in books["transfers"].values():
        sums[f"sent to sellers {transfer['currency'].upper()}"] += transfer["sent"] - transfer["reversed"]
    return sums


async def by_ledger(get: Get, entity: str, connection: str, *, currencies: Sequence[str] = ("EUR",)) -> Sums:
    """By what moves on the account of the connection: the other side of each movement says what it is."""
    sums: Sums = Counter()
    for currency in currencies:
        for line in await _statement(get, entity, f"clearing:{connection}", currency):
            other = line["other"].partition(":")[0]
            moved = line["amount"]["amount"] if line["side"] == "debit" else -line["amount"]["amount"]
            if other == "deposit":
                sums[f"{'taken' if moved > 0 else 'given back'} {currency}"] += abs(moved)
            elif other == "fees":
                sums[f"fees {currency}"] -= moved
            elif other == "payable":
                sums[f"sent to sellers {currency}"] -= moved
    return sums


async def _statement(get: Get, entity: str, account: str, currency: str) -> list[Any]:
    found: list[Any] = []
    cursor = ""
    while True:
        path = f"/v1/ledger/entities/{entity}/statement?name={account}&currency={currency}&limit=100{cursor}"
        page = await get(path)
        found += page["data"]
        if not page["has_more"]:
            return found
        cursor = f"&cursor={page['next_cursor']}"
