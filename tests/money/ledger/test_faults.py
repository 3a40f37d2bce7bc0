"""What other ledgers were seen to get wrong, each by name, and what no role may do here."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from kontorhaus.kernel.ids import OrgId, uuid7
from kontorhaus.kernel.money import CurrencyScaleInvalid, Money, from_decimal_text
from kontorhaus.money import ledger
from kontorhaus.money.ledger.errors import LedgerBalanceInsufficient
from kontorhaus.platform.db import Db, Scope
from tests.money.ledger.books import Books, eur, hold, post_hold, transfer

ENTRIES = ("ledger_transfer", "ledger_hold", "ledger_hold_end", "ledger_seal", "ledger_snapshot")
DERIVED = ("ledger_guard", "ledger_fold", "ledger_effect", "ledger_hold_due", "ledger_account")


def scopes(books: Books) -> list[Scope]:
    return [books.db.org(books.org_id), books.db.system(), books.db.maintenance()]


@pytest.mark.parametrize(
    "statement", ["UPDATE {0} SET org_id = org_id", "DELETE FROM {0}", "TRUNCATE {0} CASCADE"]
)
@pytest.mark.parametrize("table", ENTRIES)
async def test_no_role_changes_or_removes_an_entry(books: Books, table: str, statement: str) -> None:
    for scope in scopes(books):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with scope as tx:
                await tx.connection.execute(statement.format(table))


@pytest.mark.parametrize("table", [*ENTRIES, *DERIVED])
async def test_the_application_writes_no_table_of_entries_by_itself(books: Books, table: str) -> None:
    """Not even INSERT: what posts is a function that holds the rules. A balance is not set by hand."""
    await books.post(transfer("clearing:card", "deposit:anna", 5))
    for statement in (
        f"INSERT INTO {table} DEFAULT VALUES",
        f"UPDATE {table} SET org_id = org_id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
    ):
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with books.db.org(books.org_id) as tx:
                await tx.connection.execute(statement)


async def test_the_functions_write_in_no_other_organization(books: Books, db: Db) -> None:
    stranger = OrgId(uuid.uuid4())
    calls = [
        "ledger_lock($1, '{}', true)",
        "ledger_open($1, '{}', '{}', '{}', '{}', '{}', '{}')",
        "ledger_lock_period($1, 1, now())",
        "ledger_close($1, 1, 1, now(), 1, sha256(''), '\\x0102030405060708', 1)",
        "ledger_note_holds($1" + 16 * ", '{}'" + ")",
        "ledger_post($1" + 22 * ", '{}'" + ", 1, true)",
        "ledger_post_transfer($1, true, gen_random_uuid(), 1, 1, 2, 1, 1, NULL, NULL, NULL, NULL, NULL)",
        "ledger_settle($1, 1, NULL)",
    ]
    for call in calls:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            async with db.org(stranger) as tx:
                await tx.connection.fetch(f"SELECT * FROM {call}", books.org_id)


async def test_an_amount_that_is_not_a_number_is_no_amount() -> None:
    """NaN passed `amount > 0` elsewhere, and both balances were NaN for ever. Here no float comes in."""
    for amount in (float("nan"), float("inf"), 1.0, True):
        with pytest.raises(AssertionError):
            eur(amount)  # type: ignore[arg-type]


async def test_no_fraction_of_a_cent_is_taken() -> None:
    with pytest.raises(CurrencyScaleInvalid):
        from_decimal_text("0.001", "EUR")


async def test_the_time_of_an_entry_is_not_that_of_its_transaction(books: Books) -> None:
    """Elsewhere now() stood in the entry, so one that waited for a lock stood before those it had waited for, and the
    last entry before an instant was not the balance of that instant."""
    await books.post(transfer("clearing:card", "deposit:anna", 1))
    begun, go = asyncio.Event(), asyncio.Event()

    async def early() -> ledger.Recorded:
        async with books.db.org(books.org_id) as tx:
            await tx.connection.fetchval("SELECT now()")
            begun.set()
            await go.wait()
            return (
                await ledger.post(tx, books.org_id, books.set(transfer("clearing:card", "deposit:anna", 10)))
            )[0]

    first = asyncio.create_task(early())
    await begun.wait()
    between = await books.post(transfer("clearing:card", "deposit:anna", 100))
    go.set()
    last = await first
    found = [
        (
            await ledger.balance_at(
                books.db, books.org_id, books.entity, "EUR", "deposit:anna", r.recorded_at
            )
        ).balance
        for r in (between, last)
    ]

    assert last.recorded_at > between.recorded_at
    assert found == [101, 111]


async def test_six_holds_of_a_thousand_do_not_fit_five_thousand(books: Books) -> None:
    """Elsewhere holds did not count against each other."""
    await books.post(transfer("clearing:card", "deposit:anna", 5_000))
    outcomes = await asyncio.gather(
        *(books.post(hold("deposit:anna", "held:1", 1_000)) for _ in range(6)), return_exceptions=True
    )

    assert sum(isinstance(outcome, LedgerBalanceInsufficient) for outcome in outcomes) == 1
    assert await books.guard("deposit:anna") == (5_000, 5_000)


async def test_a_refused_hold_cannot_be_posted(books: Books) -> None:
    """Elsewhere a rejected hold could still be committed."""
    await books.post(transfer("clearing:card", "deposit:anna", 5))
    refused = hold("deposit:anna", "held:1", 6)
    with pytest.raises(LedgerBalanceInsufficient):
        await books.post(refused)
    with pytest.raises(ledger.LedgerHoldNotFound):
        await books.post(post_hold(refused))

    assert await books.guard("deposit:anna") == (5, 0)


async def test_holds_placed_together_are_each_posted(books: Books) -> None:
    """Elsewhere what was held in bulk could not be committed."""
    await books.post(transfer("clearing:card", "deposit:anna", 5_000))
    held = [hold("deposit:anna", "held:1", 100 + number) for number in range(20)]
    await books.each(*(books.set(one) for one in held[:10]))
    await books.post(*held[10:])
    assert await books.guard("deposit:anna") == (5_000, 20 * 100 + 190)
    await books.each(*(books.set(post_hold(one)) for one in held[5:15]))
    await books.post(*(post_hold(one) for one in (*held[:5], *held[15:])))

    assert await books.guard("deposit:anna") == (5_000 - 2_190, 0)
    assert await books.guard("held:1") == (2_190, 0)


async def test_a_hold_in_another_currency_is_posted_as_a_transfer(books: Books) -> None:
    """Elsewhere a hold with a rate changed balances and wrote no transaction."""
    usd = Money(300, "USD")
    await books.post(transfer("clearing:us", "deposit:us", usd, base=eur(270)))
    placed = replace(hold("deposit:us", "held:us", 1), amount=Money(200, "USD"), base=eur(180))
    await books.post(placed)
    await books.post(post_hold(placed))

    assert await books.count() == 2
    stood = await ledger.balance(books.db, books.org_id, books.entity, "USD", "held:us")
    assert (stood.balance, stood.base) == (200, 180)
    verified = await ledger.verify(books.db, books.org_id, books.entity)
    assert verified.sealed + verified.unsealed == 4


async def test_the_database_itself_keeps_a_guard(books: Books, admin_database_url: str) -> None:
    await books.post(transfer("clearing:card", "deposit:anna", 5))
    admin: Any = await asyncpg.connect(admin_database_url)
    for change in ("balance = -1", "held = balance + 1", "held = -1"):
        with pytest.raises(asyncpg.CheckViolationError):
            await admin.execute(f"UPDATE ledger_guard SET {change} WHERE org_id = $1", books.org_id)
    await admin.close()


async def test_an_instant_is_drawn_once_and_never_goes_back(books: Books, admin_database_url: str) -> None:
    """Also by many at once, and when the machine's clock is behind what was drawn before."""

    async def draw() -> list[Any]:
        async with books.db.system() as tx:
            return [await tx.connection.fetchval("SELECT ledger_draw($1)", many) for many in (1, 7, 1, 3)]

    admin: Any = await asyncpg.connect(admin_database_url)
    drawn = await asyncio.gather(*(draw() for _ in range(20)))
    ahead = await admin.fetchval(
        "SELECT timestamptz 'epoch' + setval('ledger_clock', (SELECT last_value + 60000000 FROM ledger_clock))"
        " * interval '1 microsecond'"
    )
    behind = await draw()
    await admin.execute("SELECT setval('ledger_clock', (SELECT last_value - 60000000 FROM ledger_clock))")
    await admin.close()

    assert all(row == sorted(row) for row in drawn)
    assert len({at for row in drawn for at in row}) == 80
    assert ahead < behind[0] < behind[1]


async def test_ids_are_of_one_organization(books: Books, db: Db) -> None:
    other = await Books.opened(db)
    one = transfer("clearing:card", "deposit:anna", 5, id=ledger.TransferId(uuid7()))
    first, second = await books.post(one), await other.post(one)

    assert not first.repeated
    assert not second.repeated
