"""The ledger over HTTP: what a caller posts, and what he reads of it."""

from __future__ import annotations

import pytest

from kontorhaus.people.access import Founded
from tests.money.ledger.counter import Counter, eur, problem, transfer, transfer_id
from tests.support.house import House


@pytest.fixture
async def counter(house: House, organization: Founded) -> Counter:
    return await Counter.opened(house.holding(organization.secret))


async def test_money_goes_from_the_card_to_the_seller(counter: Counter) -> None:
    """The story of a sale: captured, allocated, held for a payout, paid out in part; every report agrees."""
    captured = await counter.post("clearing:card", "deposit:anna", 10_000)
    assert (captured.status, captured.headers["location"]) == (
        201,
        f"/v1/ledger/transfers/{captured.json['id']}",
    )
    allocated = await counter.set(
        {"kind": "transfer"} | transfer("deposit:anna", "payable:bert", 9_000),
        {"kind": "transfer"} | transfer("deposit:anna", "receivable:anna", 1_000),
    )
    assert (allocated.status, allocated.json["entries"]) == (201, 2)
    held = await counter.hold("payable:bert", "transit:one", 6_000)
    assert (held.status, held.json["status"]) == (201, "open")
    standing = (await counter.read("balance", currency="EUR", name="payable:bert")).json
    assert [standing[name]["amount"] for name in ("balance", "held", "available")] == [9_000, 6_000, 3_000]

    too_much = await counter.post("payable:bert", "transit:two", 3_001)
    assert problem(too_much) == (422, "ledger_balance_insufficient")

    path = f"/v1/ledger/holds/{held.json['id']}"
    posted = await counter.house.post(f"{path}/post", {"id": transfer_id(), "amount": eur(4_000)})
    assert (posted.status, posted.json["amount"]) == (201, eur(4_000))
    ended = (await counter.house.get(path)).json
    assert (ended["status"], ended["ended_by"]) == ("posted", posted.json["id"])
    assert await counter.balance("payable:bert") == 5_000

    statement = (await counter.read("statement", currency="EUR", name="payable:bert")).json["data"]
    assert [(e["side"], e["other"], e["amount"]["amount"], e["balance"]["amount"]) for e in statement] == [
        ("credit", "deposit:anna", 9_000, 9_000),
        ("debit", "transit:one", 4_000, 5_000),
    ]
    trial = (await counter.read("trial_balance")).json["data"]
    signed = [row["balance"]["amount"] * (1 if row["side"] == "debit" else -1) for row in trial]
    assert (sum(signed), len(signed)) == (0, 6)
    ledger = await counter.read(
        "general_ledger", begin=captured.json["recorded_at"], end=posted.json["recorded_at"]
    )
    assert [
        (row["name"], row["debits"]["amount"], row["credits"]["amount"]) for row in ledger.json["accounts"]
    ] == [
        ("clearing:card", 10_000, 0),
        ("deposit:anna", 10_000, 10_000),
        ("payable:bert", 0, 9_000),
        ("receivable:anna", 0, 1_000),
    ]
    drawing = await counter.house.get(f"/v1/ledger/entry_sets/{allocated.json['id']}/drawing")
    assert (drawing.status, drawing.headers["content-type"]) == (200, "image/svg+xml")
    assert b"90.00 EUR" in drawing.body
