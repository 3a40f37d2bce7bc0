"""What `kontorhaus check` asks of the books: true of books that were kept, and false of each that was tampered with."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from kontorhaus.kernel.ids import ORG, OrgId, uuid7
from kontorhaus.money import ledger
from kontorhaus.money.ledger.errors import LedgerSealNotFound
from kontorhaus.people.parties import PARTY
from kontorhaus.platform.db import Db
from kontorhaus.platform.secrets import Keyring, LocalKeyFile
from tests.money.ledger.books import Books, hold, post_hold, transfer, void_hold
from tests.support import databases


@pytest.fixture
async def books(fresh_database_url: str) -> AsyncIterator[Books]:
    """Books of an own database with a bit of everything, partly sealed."""
    db = await Db.connect(databases.login_url(fresh_database_url))
    one = await Books.opened(db)
    await one.post(transfer("clearing:card", "deposit:anna", 100), transfer("deposit:anna", "held:share", 70))
    posted, voided, left = (hold("held:share", "payable:bert", 10) for _ in range(3))
    timed = hold("held:share", "payable:bert", 5, expires_at=datetime(2999, 1, 1, tzinfo=UTC))
    await one.post(posted, voided, left, timed)
    await one.post(post_hold(posted, 7), void_hold(voided))
    await ledger.seal(db, one.org_id, one.entity)
    await one.post(transfer("payable:bert", "transit:one", 2))
    yield one
    await db.close()


async def false_ones(db: Db) -> dict[str, list[str]]:
    found = {one.name: [str(row.detail) for row in await one.broken(db)] for one in ledger.CHECKS}
    return {name: rows for name, rows in found.items() if rows}


async def test_books_that_were_kept_are_true(books: Books) -> None:
    assert await false_ones(books.db) == {}


@pytest.mark.parametrize(
    ("tampering", "names"),
    [
        (
            "UPDATE ledger_account SET currency = 'USD' WHERE name = 'clearing:card'",
            {"ledger.trial_balance", "ledger.chart", "ledger.seals"},
        ),
        ("DELETE FROM ledger_route WHERE debit_type = 'deposit' AND credit_type = 'held'", {"ledger.chart"}),
        (
            "UPDATE ledger_transfer SET debit_balance = debit_balance + 1 WHERE debit_balance IS NOT NULL",
            {"ledger.running_balances", "ledger.seals"},
        ),
        (
            "UPDATE ledger_transfer SET amount = amount + 1, base_amount = base_amount + 1 WHERE amount = 2",
            {"ledger.running_balances", "ledger.guards", "ledger.seals"},
        ),
        ("UPDATE ledger_guard SET held = held - 1 WHERE held > 0", {"ledger.guards", "ledger.seals"}),
        ("DELETE FROM ledger_hold_due", {"ledger.holds"}),
        (
            "UPDATE ledger_hold_end SET outcome = 'voided' WHERE outcome = 'posted'",
            {"ledger.holds", "ledger.seals"},
        ),
        ("UPDATE ledger_seal SET hash = sha256('')", {"ledger.seals"}),
        ("UPDATE ledger_fold SET balance = balance + 1", {"ledger.seals"}),
    ],
)
async def test_what_was_tampered_with_is_false(
    books: Books, fresh_database_url: str, tampering: str, names: set[str]
) -> None:
    admin = await asyncpg.connect(fresh_database_url)
    await admin.execute(f"SET session_replication_role = replica; {tampering}")
    await admin.close()

    assert set(await false_ones(books.db)) == names


async def test_a_seal_is_signed_and_its_signature_holds(books: Books, tmp_path: Path) -> None:
    keyring = Keyring(LocalKeyFile.opened(tmp_path / "master.keys"))
    signed = await ledger.signed_seal(books.db, keyring, books.org_id, books.entity)
    told = json.loads(signed.signed)

    assert (told["organization"], told["entity"]) == (ORG.text(books.org_id), PARTY.text(books.entity))
    assert (told["number"], told["entries"], len(told["hash"])) == (1, 9, 64)
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(signed.public_key))
    key.verify(bytes.fromhex(signed.signature), signed.signed.encode())
    with pytest.raises(InvalidSignature):
        key.verify(
            bytes.fromhex(signed.signature), signed.signed.replace('"entries":9', '"entries":8').encode()
        )
    assert await ledger.signed_seal(books.db, keyring, books.org_id, books.entity, 1) == signed
    for number in (2, 7):
        with pytest.raises(LedgerSealNotFound):
            await ledger.signed_seal(books.db, keyring, books.org_id, books.entity, number)


async def test_each_organization_and_purpose_signs_with_a_key_of_its_own(tmp_path: Path) -> None:
    keyring = Keyring(LocalKeyFile.opened(tmp_path / "master.keys"))
    one, other = OrgId(uuid7()), OrgId(uuid7())

    first = await keyring.sign(b"a", org_id=one, purpose="p")

    assert await keyring.sign(b"a", org_id=one, purpose="p") == first
    for more in (
        await keyring.sign(b"a", org_id=other, purpose="p"),
        await keyring.sign(b"a", org_id=one, purpose="q"),
    ):
        assert more.public_key != first.public_key
