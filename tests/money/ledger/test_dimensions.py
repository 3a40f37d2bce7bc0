"""What accounts are kept for: by their names, as they were opened, and added up; the same as their entries say."""

from __future__ import annotations

from collections import Counter as Count
from uuid import UUID

import pytest

from kontorhaus.kernel.ids import text_of, uuid7
from kontorhaus.kernel.money import Money
from kontorhaus.money import ledger
from kontorhaus.money.ledger import NewAccount, queries
from kontorhaus.money.ledger.model.dimensions import Dimensions, GroupBy, named_in
from kontorhaus.money.ledger.queries import GroupPlace
from kontorhaus.people.access import Founded
from kontorhaus.people.parties import PARTY, PartyId
from tests.money.ledger.books import Books, transfer
from tests.money.ledger.counter import Counter, pointers, problem
from tests.support.house import House


@pytest.fixture
async def counter(house: House, organization: Founded) -> Counter:
    return await Counter.opened(house.holding(organization.secret))


ORDER, PARTY_ID, CONNECTION = UUID(int=7 << 76), UUID(int=8 << 76), UUID(int=9 << 76)
ORD, PTY, CONN = text_of("ord", ORDER), text_of("pty", PARTY_ID), text_of("conn", CONNECTION)


@pytest.mark.parametrize(
    ("name", "kept_for"),
    [
        ("revenue", Dimensions()),
        (f"deposit:{PTY}", Dimensions(party=PARTY_ID)),
        (f"clearing:{CONN}", Dimensions(connection=CONNECTION)),
        (f"held:line_1:{ORD}:{PTY}", Dimensions(order=ORDER, party=PARTY_ID)),
        (f"deposit:{PTY}:{text_of('pty', ORDER)}", Dimensions(party=PARTY_ID)),
        (f"deposit:{PTY}x", Dimensions()),
        (f"deposit:x{PTY}", Dimensions()),
        (f"deposit:{PTY.upper()}", Dimensions()),
        (f"deposit:{text_of('org', ORDER)}", Dimensions()),
    ],
)
def test_a_name_says_what_its_account_is_kept_for(name: str, kept_for: Dimensions) -> None:
    assert named_in(name) == kept_for


async def balances(books: Books, by: GroupBy) -> dict[tuple[UUID | None, str, str], tuple[int, int, int]]:
    """By pages of two."""
    found: dict[tuple[UUID | None, str, str], tuple[int, int, int]] = {}
    after = None
    while page := await queries.balances(books.db, books.org_id, books.entity, by, after=after, limit=2):
        assert not found.keys() & {(row.key, row.currency, row.type) for row in page}
        found |= {(row.key, row.currency, row.type): (row.accounts, row.balance, row.base) for row in page}
        last = page[-1]
        after = GroupPlace(last.key or queries.FIRST, last.currency, last.type)
    return found


@pytest.mark.parametrize("sealed", ["never", "in the middle", "at the end"])
async def test_balances_are_added_up_by_what_accounts_are_kept_for(books: Books, sealed: str) -> None:
    """Opened by the first entry that names them, or before it with what their names do not say."""
    parties = [uuid7() for _ in range(3)]
    texts = [text_of("pty", one) for one in parties]
    async with books.db.org(books.org_id) as tx:
        share = NewAccount(currency="EUR", name="held:share", order_id=ORDER, party_id=parties[0])
        await ledger.open_accounts(tx, books.org_id, books.entity, [share])
    for number, party in enumerate(texts):
        if sealed == "in the middle" and number == 1:
            await ledger.seal(books.db, books.org_id, books.entity)
        await books.post(
            transfer(f"clearing:{CONN}", f"deposit:{party}", 100),
            transfer(f"deposit:{party}", f"receivable:{party}", 10 * (number + 1)),
            transfer(f"clearing:{CONN}", f"prepaid:{party}:a", Money(5, "USD"), base=Money(4, "EUR")),
            transfer(f"clearing:{CONN}", f"prepaid:{party}:b", Money(5, "USD"), base=Money(4, "EUR")),
        )
    await books.post(
        transfer(f"deposit:{texts[0]}", "held:share", 7), transfer("clearing:card", "revenue:fees", 1)
    )
    if sealed == "at the end":
        await ledger.seal(books.db, books.org_id, books.entity)

    by_party = await balances(books, GroupBy.PARTY)
    assert by_party == {
        **{(p, "EUR", "deposit"): (1, b, b) for p, b in zip(parties, (83, 80, 70), strict=True)},
        **{(p, "EUR", "receivable"): (1, b, b) for p, b in zip(parties, (-10, -20, -30), strict=True)},
        **{(p, "USD", "prepaid"): (2, 10, 8) for p in parties},
        (parties[0], "EUR", "held"): (1, 7, 7),
    }
    assert list(by_party) == sorted(by_party, key=lambda place: (str(place[0]), *place[1:]))
    assert await balances(books, GroupBy.ORDER) == {(ORDER, "EUR", "held"): (1, 7, 7)}
    assert await balances(books, GroupBy.CONNECTION) == {
        (CONNECTION, "EUR", "clearing"): (1, 300, 300),
        (CONNECTION, "USD", "clearing"): (1, 30, 24),
    }
    by_type = await balances(books, GroupBy.TYPE)
    trial = await ledger.trial_balance(books.db, books.org_id, books.entity)
    added: Count[tuple[str, str]] = Count()
    for row in trial:
        added[row.currency, row.name.partition(":")[0]] += row.balance
    assert {(currency, kind): sums[1] for (_, currency, kind), sums in by_type.items()} == added


async def test_the_trial_balance_of_one_party(books: Books) -> None:
    text = PARTY.text(PartyId(PARTY_ID))
    first = await books.post(transfer(f"clearing:{CONN}", f"deposit:{text}", 9))
    await books.post(
        transfer(f"deposit:{text}", f"held:l:{ORD}:{text}", 4), transfer("clearing:x", "revenue:y", 1)
    )
    args = (books.db, books.org_id, books.entity)

    async def told(**of: UUID) -> dict[str, int]:
        rows = await ledger.trial_balance(*args, of=Dimensions(**of))
        return {row.name: row.balance for row in rows}

    assert await told(party=PARTY_ID) == {f"deposit:{text}": 5, f"held:l:{ORD}:{text}": 4}
    assert await told(party=PARTY_ID, order=ORDER) == {f"held:l:{ORD}:{text}": 4}
    assert await told(connection=CONNECTION) == {f"clearing:{CONN}": 9}
    assert await told(connection=CONNECTION, party=PARTY_ID) == {}
    before = await ledger.trial_balance(*args, first.recorded_at, of=Dimensions(party=PARTY_ID))
    assert [row.balance for row in before] == [9, 0]


async def test_accounts_and_balances_of_an_order_over_the_api(counter: Counter) -> None:
    body = {"currency": "EUR", "name": "held:1", "order": ORD, "party": counter.entity, "connection": CONN}
    opened = await counter.house.post(f"{counter.path}/accounts", body)
    assert (opened.status, opened.json["order"], opened.json["party"], opened.json["connection"]) == (
        201,
        ORD,
        counter.entity,
        CONN,
    ), opened.body
    await counter.post("clearing:card", f"deposit:{counter.entity}", 50)
    await counter.post(f"deposit:{counter.entity}", "held:1", 20)

    for narrowed in ({"order": ORD}, {"connection": CONN, "party": counter.entity}):
        listed = (await counter.read("accounts", **narrowed)).json["data"]
        assert [one["name"] for one in listed] == ["held:1"]
        trial = (await counter.read("trial_balance", **narrowed)).json["data"]
        assert [(row["name"], row["balance"]["amount"]) for row in trial] == [("held:1", 20)]
    of_party = (await counter.read("accounts", party=counter.entity)).json["data"]
    assert [(one["name"], one["order"]) for one in of_party] == [
        (f"deposit:{counter.entity}", None),
        ("held:1", ORD),
    ]
    page = (await counter.read("balances", group_by="party", limit=1)).json
    assert [(r["key"], r["type"], r["accounts"], r["balance"]["amount"]) for r in page["data"]] == [
        (counter.entity, "deposit", 1, 30)
    ]
    rest = (await counter.read("balances", group_by="party", cursor=page["next_cursor"])).json
    assert [(r["key"], r["type"], r["balance"]["amount"]) for r in rest["data"]] == [
        (counter.entity, "held", 20)
    ]
    types = (await counter.read("balances", group_by="type")).json["data"]
    assert [(r["key"], r["type"], r["side"], r["balance"]["amount"]) for r in types] == [
        (None, "clearing", "debit", 50),
        (None, "deposit", "credit", 30),
        (None, "held", "credit", 20),
    ]


async def test_an_id_of_another_kind_is_no_dimension(counter: Counter) -> None:
    body = {"currency": "EUR", "name": "held:1", "order": counter.entity}
    refused = await counter.house.post(f"{counter.path}/accounts", body)
    assert (problem(refused), pointers(refused)) == ((400, "body_invalid"), ["/order"])
    assert (await counter.read("accounts", connection=ORD)).status == 400
    assert (await counter.read("balances", group_by="colour")).status == 400
    assert (await counter.read("balances")).status == 400
