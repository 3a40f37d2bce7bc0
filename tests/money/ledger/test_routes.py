"""The ledger over HTTP: what a caller posts, and what he reads of it."""

from __future__ import annotations

import asyncio
import json

import pytest

from kontorhaus.kernel.ids import uuid7
from kontorhaus.people.access import Founded
from tests.money.ledger.counter import Counter, Seen, eur, hold_id, pointers, problem, transfer, transfer_id
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
        [row[field]["amount"] for field in ("opening", "debits", "credits", "closing")]
        for row in ledger.json["data"]
    ] == [
        [0, 10_000, 0, 10_000],
        [0, 10_000, 10_000, 0],
        [0, 0, 9_000, 9_000],
        [0, 0, 1_000, -1_000],
    ]
    assert [row["name"] for row in ledger.json["data"]] == [
        "clearing:card",
        "deposit:anna",
        "payable:bert",
        "receivable:anna",
    ]
    drawing = await counter.house.get(f"/v1/ledger/entry_sets/{allocated.json['id']}/drawing")
    assert (drawing.status, drawing.headers["content-type"]) == (200, "image/svg+xml")
    assert b"90.00 EUR" in drawing.body


async def test_the_same_again_is_answered_byte_for_byte(counter: Counter) -> None:
    one = transfer("clearing:card", "revenue:fees", 5, effective_at="2026-01-02T03:04:05+02:00")

    first, again = await counter.send(one), await counter.send(one)

    assert (again.status, again.body) == (201, first.body)
    assert (first.headers.get("idempotency-replayed"), again.headers["idempotency-replayed"]) == (
        None,
        "true",
    )
    read = await counter.house.get(first.headers["location"])
    assert (read.status, read.body) == (200, first.body)
    assert first.json["effective_at"] == "2026-01-02T01:04:05Z"
    assert await counter.balance("revenue:fees") == 5


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": eur(6)}, "amount"),
        ({"debit": "bank:one"}, "debit"),
        ({"credit": "revenue:other"}, "credit"),
        ({"effective_at": "2026-01-02T03:04:05Z"}, "effective_at"),
        ({"reference": "01990000-0000-7000-8000-000000000000"}, "reference"),
        ({"tax": {"rate_ppm": 190_000, "category": "S"}}, "tax"),
    ],
)
async def test_an_id_with_other_content_is_a_conflict_that_names_the_field(
    counter: Counter, change: Seen, field: str
) -> None:
    one = transfer("clearing:card", "suspense", 5)
    assert (await counter.send(one)).status == 201

    refused = await counter.send(one | change)

    assert problem(refused) == (409, "ledger_id_reused"), refused.body
    assert refused.json["facts"] == {"field": field}


async def test_a_hold_is_answered_as_it_was_placed_and_ends_once(counter: Counter) -> None:
    await counter.post("clearing:card", "deposit:anna", 100)
    body = {"entity": counter.entity, "id": hold_id(), **_held("deposit:anna", "payable:b", 60)}
    placed = await counter.ask("holds", body)
    void = {"id": transfer_id()}
    path = f"holds/{body['id']}"

    voided = await counter.ask(f"{path}/void", void)
    again = await counter.ask(f"{path}/void", void)
    other = await counter.ask(f"{path}/void", {"id": transfer_id()})
    late = await counter.ask(f"{path}/post", {"id": transfer_id()})

    assert (voided.status, voided.json["status"]) == (201, "voided")
    assert (again.status, again.body, again.headers["idempotency-replayed"]) == (201, voided.body, "true")
    assert problem(other) == problem(late) == (409, "ledger_hold_ended")
    assert late.json["facts"] == {"outcome": "voided"}
    repeated = await counter.ask("holds", body)
    assert (repeated.status, repeated.body) == (201, placed.body)
    standing = (await counter.read("balance", currency="EUR", name="deposit:anna")).json
    assert (standing["held"], standing["available"]) == (eur(0), eur(100))


async def test_more_than_was_held_is_refused(counter: Counter) -> None:
    await counter.post("clearing:card", "deposit:anna", 100)
    held = (await counter.hold("deposit:anna", "payable:b", 60)).json["id"]

    for amount, found in (
        (eur(61), (422, "ledger_hold_exceeded")),
        (eur(0), (400, "ledger_entry_invalid")),
        ({"amount": 1, "currency": "USD"}, (400, "ledger_entry_invalid")),
    ):
        refused = await counter.ask(f"holds/{held}/post", {"id": transfer_id(), "amount": amount})
        assert problem(refused) == found, refused.body
        if refused.status == 400:
            assert pointers(refused) == ["/amount"]
    absent = await counter.ask(f"holds/{hold_id()}/post", {"id": transfer_id()})
    assert problem(absent) == (404, "ledger_hold_not_found")


async def test_an_entry_set_stands_or_falls(counter: Counter) -> None:
    good = {"kind": "transfer"} | transfer("clearing:card", "deposit:anna", 10)
    bad = {"kind": "transfer"} | transfer("deposit:anna", "payable:bert", 11)

    refused = await counter.set(good, bad)
    assert problem(refused) == (422, "ledger_balance_insufficient")
    assert problem(await counter.house.get(f"/v1/ledger/transfers/{good['id']}")) == (
        404,
        "ledger_transfer_not_found",
    )

    mixed = await counter.set(good, {"kind": "hold", "id": hold_id()} | _held("deposit:anna", "payable:b", 4))
    ended = await counter.set(
        {
            "kind": "post_hold",
            "id": transfer_id(),
            "hold": await _hold_of(counter, mixed.json["id"]),
            "amount": eur(3),
        },
        {"kind": "transfer"} | transfer("deposit:anna", "payable:b", 7),
    )
    listed = await counter.house.get(f"/v1/ledger/entry_sets/{ended.json['id']}/entries?limit=1")
    kinds = [listed.json["data"][0]["kind"]]
    while cursor := listed.json["next_cursor"]:
        listed = await counter.house.get(
            f"/v1/ledger/entry_sets/{ended.json['id']}/entries?limit=1&cursor={cursor}"
        )
        kinds += [one["kind"] for one in listed.json["data"]]
    assert kinds == ["transfer", "hold_end", "transfer"]
    read = await counter.house.get(f"/v1/ledger/entry_sets/{ended.json['id']}")
    assert (read.status, read.json) == (200, ended.json)


def _held(debit: str, credit: str, amount: int) -> Seen:
    return {"debit": debit, "credit": credit, "amount": eur(amount)}


async def _hold_of(counter: Counter, entry_set: str) -> str:
    entries = (await counter.house.get(f"/v1/ledger/entry_sets/{entry_set}/entries")).json["data"]
    return next(str(one["id"]) for one in entries if one["kind"] == "hold")


@pytest.mark.parametrize(
    ("change", "status", "code", "pointer"),
    [
        ({"amount": eur(0)}, 400, "ledger_entry_invalid", "/amount"),
        ({"amount": eur(-1)}, 400, "ledger_entry_invalid", "/amount"),
        ({"amount": {"amount": 5, "currency": "ZZZ"}}, 400, "currency_unknown", "/amount/currency"),
        ({"amount": {"amount": 5, "currency": "USD"}}, 400, "ledger_entry_invalid", "/base"),
        ({"base": eur(6)}, 400, "ledger_entry_invalid", "/base"),
        ({"credit": "clearing:card"}, 400, "ledger_entry_invalid", "/credit"),
        ({"credit": "nosuchtype:a"}, 400, "ledger_account_invalid", "/credit"),
        ({"credit": "revenue:ä"}, 400, "ledger_account_invalid", "/credit"),
        ({"credit": "revenue:a\n"}, 400, "ledger_account_invalid", "/credit"),
        ({"effective_at": "2026-01-01T00:00:00"}, 400, "body_invalid", "/effective_at"),
        ({"effective_at": "0001-01-01T00:00:00+14:00"}, 400, "ledger_entry_invalid", "/effective_at"),
        ({"tax": {"rate_ppm": 1_000_001, "category": "S"}}, 400, "body_invalid", "/tax/rate_ppm"),
        ({"id": "xfer_01h455vb4pdx3vsknk084sn02q"}, 400, "body_invalid", "/id"),
        ({"id": "hold_01kw4f5f2yfvarkbkczw01n3pm"}, 400, "body_invalid", "/id"),
        ({"balance": 1}, 400, "body_invalid", "/balance"),
        ({"credit": "revenue:4242424242424242"}, 400, "card_number_refused", "/credit"),
    ],
)
async def test_a_wrong_field_is_named(
    counter: Counter, change: Seen, status: int, code: str, pointer: str
) -> None:
    refused = await counter.send(transfer("clearing:card", "revenue:fees", 5) | change)

    assert problem(refused) == (status, code), refused.body
    assert pointers(refused) == [pointer]


@pytest.mark.parametrize(
    "amount", ["NaN", "Infinity", "10.99", "5.0", "1e2", "9007199254740992", '"5"', "null", "true"]
)
async def test_an_amount_is_a_whole_number_below_two_to_the_53(counter: Counter, amount: str) -> None:
    one = transfer("clearing:card", "revenue:fees", 123_456) | {"entity": counter.entity}
    raw = json.dumps(one).replace("123456", amount).encode()

    refused = await counter.house.call("POST", "/v1/ledger/transfers", raw=raw)

    assert refused.status == 400, refused.body
    assert pointers(refused) == ["/amount/amount"]
    largest = await counter.post("clearing:card", "revenue:fees", 2**53 - 1)
    assert largest.json["amount"]["amount"] == 2**53 - 1


async def test_accounts_that_may_not_face_each_other(counter: Counter) -> None:
    refused = await counter.post("bank:one", "deposit:anna", 5)
    assert problem(refused) == (422, "ledger_route_closed")
    assert refused.json["facts"] == {"debit": "bank", "credit": "deposit"}

    growth = {"routes": [{"debit": "bank", "credit": "deposit"}]}
    grown = await counter.house.post(f"{counter.path}/chart", growth)
    assert {"debit": "bank", "credit": "deposit"} in grown.json["routes"]
    assert (await counter.post("bank:one", "deposit:anna", 5)).status == 201
    wrong: tuple[tuple[Seen, str], ...] = (
        ({"types": [{"name": "bank", "side": "credit", "guards": False}]}, "/types/0"),
        ({"routes": [{"debit": "bank", "credit": "gold"}]}, "/routes/0"),
    )
    for more, pointer in wrong:
        refused = await counter.house.post(f"{counter.path}/chart", more)
        assert (problem(refused), pointers(refused)) == ((400, "ledger_account_invalid"), [pointer])


async def test_a_closed_period_takes_nothing_more(counter: Counter) -> None:
    future = await counter.house.post(f"{counter.path}/close", {"before": "2999-01-01T00:00:00Z"})
    assert problem(future) == (400, "ledger_instant_invalid")

    closed = await counter.house.post(f"{counter.path}/close", {"before": "2026-11-01T00:00:00Z"})
    earlier = await counter.house.post(f"{counter.path}/close", {"before": "2026-10-01T00:00:00Z"})

    assert closed.json["locked_before"] == earlier.json["locked_before"] == "2026-11-01T00:00:00Z"
    refused = await counter.post("clearing:card", "revenue:fees", 1, effective_at="2026-10-31T23:59:59Z")
    assert problem(refused) == (422, "ledger_period_locked")
    assert (pointers(refused), refused.json["facts"]["locked_before"]) == (
        ["/effective_at"],
        "2026-11-01T00:00:00Z",
    )
    allowed = await counter.post("clearing:card", "revenue:fees", 1, effective_at="2026-11-01T00:00:00Z")
    assert allowed.status == 201


async def test_a_fact_that_is_heard_of_too_late_takes_effect_at_the_first_open_instant(
    counter: Counter,
) -> None:
    """A return of October that the bank tells after October was closed: refused with the instant at which it may take
    effect, then posted there under the same id; or without one, and it takes effect when it is recorded."""
    await counter.post("clearing:card", "deposit:anna", 30)
    await counter.house.post(f"{counter.path}/close", {"before": "2026-11-01T00:00:00Z"})
    outside = transfer("deposit:anna", "suspense", 100, spill="recoverable:anna")
    entries = [
        {"kind": "transfer"} | transfer("clearing:card", "revenue:fees", 1),
        {"kind": "transfer"} | outside,
    ]
    late = [entries[0], entries[1] | {"effective_at": "2026-10-30T00:00:00Z"}]

    refused = await counter.set(*late)
    assert (problem(refused), pointers(refused)) == (
        (422, "ledger_period_locked"),
        ["/entries/1/effective_at"],
    )
    assert [await counter.balance(name) for name in ("deposit:anna", "clearing:card")] == [30, 30]

    opened = refused.json["facts"]["locked_before"]
    posted = await counter.set(late[0], late[1] | {"effective_at": opened})
    assert posted.status == 201, posted.body
    shown = await counter.house.get(f"/v1/ledger/transfers/{outside['id']}")
    assert (shown.json["effective_at"], shown.json["amount"]) == (opened, eur(30))
    assert await counter.balance("recoverable:anna") == 70
    undated = await counter.send(transfer("deposit:anna", "suspense", 5, spill="recoverable:anna"))
    assert (undated.status, undated.json["effective_at"]) == (201, undated.json["recorded_at"])


async def test_a_fact_from_outside_spills(counter: Counter) -> None:
    await counter.post("clearing:card", "deposit:anna", 30)
    one = transfer("deposit:anna", "clearing:card", 100, spill="recoverable:anna")

    undone, again = await counter.send(one), await counter.send(one)

    assert (undone.status, undone.json["amount"], undone.body) == (201, eur(30), again.body)
    rest = await counter.house.get(f"/v1/ledger/transfers/{undone.json['spilled']}")
    assert (rest.json["debit"], rest.json["amount"]) == ("recoverable:anna", eur(70))
    assert [await counter.balance(name) for name in ("deposit:anna", "recoverable:anna")] == [0, 70]


async def test_balances_at_an_instant_by_either_time(counter: Counter) -> None:
    first = await counter.post("clearing:card", "revenue:fees", 1, effective_at="2026-01-01T00:00:00Z")
    second = await counter.post("clearing:card", "revenue:fees", 10)
    then = first.json["recorded_at"]

    assert await counter.balance("revenue:fees", at=then) == 1
    assert await counter.balance("revenue:fees", at=second.json["recorded_at"]) == 11
    assert await counter.balance("revenue:fees", at="2026-06-01T00:00:00Z") == 0
    assert await counter.balance("revenue:fees", at="2026-06-01T00:00:00Z", by="effect") == 1
    assert await counter.balance("clearing:card") == 11
    late = await counter.read("balance", currency="EUR", name="revenue:fees", at="2999-01-01T00:00:00Z")
    assert problem(late) == (400, "ledger_instant_invalid")


async def test_accounts_are_opened_listed_and_read(counter: Counter) -> None:
    body = {"currency": "EUR", "name": "deposit:anna", "party": counter.entity}
    opened = await counter.house.post(f"{counter.path}/accounts", body)
    assert (opened.status, opened.json["guards"], opened.json["party"]) == (201, True, counter.entity)
    for currency, name in (("USD", "bank:us"), ("EUR", "bank:de")):
        await counter.house.post(f"{counter.path}/accounts", {"currency": currency, "name": name})
    seen, cursor = [], ""
    for _ in range(3):
        page = (await counter.house.get(f"{counter.path}/accounts?limit=1{cursor}")).json
        seen += [(one["currency"], one["name"]) for one in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert (seen, page["has_more"]) == (
        [("EUR", "bank:de"), ("EUR", "deposit:anna"), ("USD", "bank:us")],
        False,
    )
    of_usd = (await counter.house.get(f"{counter.path}/accounts?currency=USD")).json["data"]
    assert [one["name"] for one in of_usd] == ["bank:us"]
    assert (await counter.read("account", currency="EUR", name="deposit:anna")).json == opened.json
    absent = await counter.read("account", currency="EUR", name="deposit:nobody")
    assert problem(absent) == (404, "ledger_account_not_found")
    refused = await counter.house.post(f"{counter.path}/accounts", {"currency": "EUR", "name": "gold:one"})
    assert problem(refused) == (400, "ledger_account_invalid")


async def test_a_bulk_call_posts_what_it_can_and_names_the_rest(counter: Counter) -> None:
    good = [transfer("clearing:card", "deposit:anna", 1) for _ in range(3)]
    bad = transfer("deposit:bert", "payable:b", 1)
    wrong = transfer("clearing:card", "nosuch:a", 1)
    body = {"entity": counter.entity, "transfers": [good[0], bad, good[1], wrong, good[2]]}

    first = await counter.ask("transfers/bulk", body)
    again = await counter.ask("transfers/bulk", body)

    assert (first.status, first.json["posted"], first.json["repeated"]) == (200, 3, 0), first.body
    assert [(one["index"], one["id"], one["code"]) for one in first.json["refusals"]] == [
        (1, bad["id"], "ledger_balance_insufficient"),
        (3, wrong["id"], "ledger_account_invalid"),
    ]
    assert first.json["refusals"][1]["errors"][0]["pointer"] == "/transfers/3/credit"
    assert (again.json["posted"], again.json["repeated"], again.json["refused"]) == (0, 3, 2)
    assert await counter.balance("deposit:anna") == 3


async def test_ten_thousand_at_once_and_not_one_more(counter: Counter) -> None:
    many = [transfer("clearing:card", "revenue:fees", 1, reference=str(uuid7())) for _ in range(10_000)]

    posted = await counter.ask("transfers/bulk", {"entity": counter.entity, "transfers": many})
    assert (posted.status, posted.json["posted"]) == (200, 10_000), posted.body[:500]
    refused = await counter.ask("transfers/bulk", {"entity": counter.entity, "transfers": [*many, many[0]]})
    assert (problem(refused), pointers(refused)) == ((400, "body_invalid"), ["/transfers"])
    whole = [{"kind": "transfer"} | one | {"id": transfer_id()} for one in many]
    as_one = await counter.set(*whole)
    assert (as_one.status, as_one.json["entries"]) == (201, 10_000), as_one.body[:500]
    assert problem(await counter.set(*whole, whole[0])) == (400, "body_invalid")
    drawing = await counter.house.get(f"/v1/ledger/entry_sets/{as_one.json['id']}/drawing")
    assert problem(drawing) == (422, "ledger_drawing_too_large")
    assert await counter.balance("revenue:fees") == 20_000


async def test_another_organization_sees_and_touches_nothing(
    counter: Counter, house: House, stranger: Founded
) -> None:
    posted = await counter.post("clearing:card", "deposit:anna", 5)
    held = await counter.hold("deposit:anna", "payable:b", 5)
    other = Counter(house.holding(stranger.secret), counter.entity)

    assert problem(await other.post("clearing:card", "deposit:anna", 5)) == (404, "ledger_entity_not_found")
    assert problem(await other.send({**_again(posted.json), "entity": counter.entity})) == (
        404,
        "ledger_entity_not_found",
    )
    bulk = {"entity": counter.entity, "transfers": [transfer("clearing:card", "deposit:anna", 5)]}
    assert problem(await other.ask("transfers/bulk", bulk)) == (404, "ledger_entity_not_found")
    for path, code in (
        (f"transfers/{posted.json['id']}", "ledger_transfer_not_found"),
        (f"entry_sets/{posted.json['entry_set']}", "ledger_entry_set_not_found"),
        (f"entry_sets/{posted.json['entry_set']}/entries", "ledger_entry_set_not_found"),
        (f"entry_sets/{posted.json['entry_set']}/drawing", "ledger_entry_set_not_found"),
        (f"holds/{held.json['id']}", "ledger_hold_not_found"),
        (f"entities/{counter.entity}", "ledger_entity_not_found"),
        (f"entities/{counter.entity}/chart", "ledger_entity_not_found"),
        (f"entities/{counter.entity}/trial_balance", "ledger_entity_not_found"),
        (f"entities/{counter.entity}/accounts", "ledger_entity_not_found"),
        (f"entities/{counter.entity}/balance?currency=EUR&name=deposit:anna", "ledger_account_not_found"),
        (f"entities/{counter.entity}/statement?currency=EUR&name=deposit:anna", "ledger_entity_not_found"),
    ):
        assert problem(await other.house.get(f"/v1/ledger/{path}")) == (404, code), path
    assert problem(await other.ask(f"holds/{held.json['id']}/void", {"id": transfer_id()})) == (
        404,
        "ledger_hold_not_found",
    )
    assert (await other.house.get("/v1/ledger/entities")).json["data"] == []
    strange = await other.house.post(
        "/v1/ledger/entities", {"entity": counter.entity, "base_currency": "EUR"}
    )
    assert problem(strange) == (404, "party_not_found")


def _again(posted: Seen) -> Seen:
    return {name: posted[name] for name in ("id", "debit", "credit", "amount")}


async def test_books_are_for_legal_entities_and_opened_once(counter: Counter) -> None:
    person = {"kind": "person", "name": "Anna", "roles": ["customer"], "country": "DE"}
    customer = (await counter.house.post("/v1/parties", person)).json["id"]

    unfit = await counter.house.post("/v1/ledger/entities", {"entity": customer, "base_currency": "EUR"})
    again = await counter.house.post(
        "/v1/ledger/entities", {"entity": counter.entity, "base_currency": "EUR"}
    )
    other = await counter.house.post(
        "/v1/ledger/entities", {"entity": counter.entity, "base_currency": "USD"}
    )

    assert problem(unfit) == (422, "ledger_entity_unfit")
    assert again.status == 201
    assert (problem(other), other.json["facts"]) == ((409, "ledger_entity_exists"), {"base_currency": "EUR"})
    listed = (await counter.house.get("/v1/ledger/entities")).json["data"]
    assert listed == [(await counter.house.get(counter.path)).json]


async def test_a_key_that_may_read_may_not_post(counter: Counter) -> None:
    made = await counter.house.post("/v1/api_keys", {"name": "reader", "scopes": ["ledger:read"]})
    reader = Counter(counter.house.holding(made.json["secret"]), counter.entity)

    assert problem(await reader.post("clearing:card", "revenue:fees", 1)) == (403, "scope_missing")
    assert (await reader.read("trial_balance")).status == 200


async def test_callers_at_once_are_committed_together(counter: Counter) -> None:
    """And each hears of his own: forty post, ten of them what a guard refuses."""
    await counter.post("clearing:card", "deposit:anna", 30)

    replies = await asyncio.gather(*(counter.post("deposit:anna", "payable:b", 1) for _ in range(40)))

    assert sorted(reply.status for reply in replies) == [201] * 30 + [422] * 10
    assert await counter.balance("deposit:anna") == 0


async def test_a_foreign_currency_is_kept_with_its_base(counter: Counter) -> None:
    usd = {"amount": 300, "currency": "USD"}
    posted = await counter.send(
        transfer("clearing:us", "revenue:fees", 0) | {"amount": usd, "base": eur(280)}
    )

    assert (posted.status, posted.json["amount"], posted.json["base"]) == (201, usd, eur(280))
    shown = (await counter.read("balance", currency="USD", name="revenue:fees")).json
    assert (shown["balance"], shown["base"]) == (usd, eur(280))
